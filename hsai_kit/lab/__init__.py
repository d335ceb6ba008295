"""The analyst's room: JupyterLab over a workspace with the notebooks in it, and the panels as one page."""
