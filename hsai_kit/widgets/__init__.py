"""What an analyst clicks: panels, the review grid and their parts. No logic: that is in the steps they show.

from hsai_kit.widgets import App
App()
"""

from __future__ import annotations

import lazy_loader

# From `__init__.pyi`, when first used: a grid below a cell needs none of the panels.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
