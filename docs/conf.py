"""How the documentation is built: `python -m sphinx -nWq --keep-going docs docs/_build`."""

from __future__ import annotations

import sys
from pathlib import Path

import hsai_kit

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "hsai_kit"
author = "the hsai_kit team"
project_copyright = "the hsai_kit team"
release = version = getattr(hsai_kit, "__version__", "")

extensions = ["myst_parser", "sphinx.ext.autodoc", "page_parts", "outside_check"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "hsai_kit"
html_show_sourcelink = False
html_copy_source = False

# Docstrings are plain sentences with names in single backticks.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
# Annotations name types of pandas, pydantic and the kit's inner rooms, which have no page here. Links in pages and
# references to the kit's public names stay checked.
nitpick_ignore_regex = [("py:.*", r"(?!hsai_kit\.\w+$).*")]
