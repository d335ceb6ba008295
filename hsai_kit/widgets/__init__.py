"""What an analyst clicks: panels, the review grid and their parts. No logic: that is in the steps they show."""

from __future__ import annotations

from hsai_kit.widgets.grid import Grid, ReviewGrid
from hsai_kit.widgets.guard import KeyGuard
from hsai_kit.widgets.secret import SecretField

__all__ = ["Grid", "KeyGuard", "ReviewGrid", "SecretField"]
