"""Frames in and out: where their rows came from, cells as text, files read and written safely."""
