"""The seeded portal once for all tests here, and the maker of exports."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hsai_kit.sandbox.portal import Portal, build_seed_portal

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture(scope="session")
def portal() -> Portal:
    """The portal of seed 7; do not change it."""
    return build_seed_portal()


@pytest.fixture(scope="session")
def exports() -> ModuleType:
    """The module beside this file, which pytest's importlib mode cannot import by name."""
    spec = importlib.util.spec_from_file_location("exports", Path(__file__).with_name("exports.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
