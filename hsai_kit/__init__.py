"""Put a language model to work on HubSpot records: pull, ask, review, push, undo."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module

import lazy_loader

__version__ = "0.2.0"

# From `__init__.pyi`, when first used: the sandbox's process and `hsai --help` need none of pandas and the clients.
_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
_OLD_NAMES = {"left_out": "records_left_out"}


def __getattr__(name: str) -> object:
    if name in _OLD_NAMES:
        warnings.warn(f"{name} is called {_OLD_NAMES[name]} now.", DeprecationWarning, stacklevel=2)
        return _load(_OLD_NAMES[name])
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return _load(name)


def _show_reviews_as_grids() -> None:
    """Have a notebook show the result of `review` as a grid; a terminal and a script show it as text."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if getattr(shell, "kernel", None) is None:
        return

    def show(checked: object) -> None:
        import_module("hsai_kit.widgets.shown").show(checked)

    # By name, so that nothing is imported before there is something to show.
    formatter = shell.display_formatter.ipython_display_formatter  # type: ignore[union-attr]
    formatter.for_type_by_name("hsai_kit.steps.review.review_result", "Review", show)


_show_reviews_as_grids()
