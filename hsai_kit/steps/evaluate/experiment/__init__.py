"""Assistants asked about the same rows, and how they compare."""
