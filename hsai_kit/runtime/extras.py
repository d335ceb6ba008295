"""Packages that few need, each behind an extra of this one."""

from __future__ import annotations

from importlib import util

from hsai_kit.errors import PackageMissing


def require_extra(package: str, extra: str, what: str) -> None:
    """Raise PackageMissing, which says how to install it, where a package of an extra is not there."""
    if util.find_spec(package) is None:
        message = f'{what} needs one more package. Install it with: python -m pip install "hsai_kit[{extra}]"'
        raise PackageMissing(message)
