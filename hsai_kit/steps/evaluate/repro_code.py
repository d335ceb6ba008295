"""How something was measured, as code that measures it again when it is pasted into a cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from inspect import signature

from hsai_kit.run import Run

_OPENED = re.compile(r"\b(check_texts|evaluate|judge|open_evaluation|open_pull|open_rating|open_run)\(")


def write_call(function: Callable[..., object], *first: str, **options: object) -> str:
    """Return a call as code; options that are the function's own defaults are left out.

    >>> write_call(sorted, "names", key=None, reverse=True)
    'sorted(names, reverse=True)'
    """
    own = signature(function).parameters
    given = [f"{name}={value!r}" for name, value in options.items() if value != own[name].default]
    return f"{function.__name__}({', '.join([*first, *given])})"


def write_texts(texts: object) -> str:
    """Return code for the texts that were checked, rated or judged: runs by their ids, all else by a name.

    >>> write_texts({"old": None})
    "{'old': texts}"
    """
    if isinstance(texts, Mapping):
        return "{" + ", ".join(f"{name!r}: {write_texts(one)}" for name, one in texts.items()) + "}"
    return f"open_run(hub, {texts.id!r})" if isinstance(texts, Run) else "texts"


def pasteable(code: str) -> str:
    """Return code with the imports and the connection that it takes, and a word on what it cannot open by itself."""
    names = sorted({"connect", *_OPENED.findall(code)})
    lines = [f"from hsai_kit import {', '.join(names)}", "", "hub = connect()  # in the workspace's folder"]
    for name, what in (("texts", "the DataFrame with the texts"), ("frame", "the DataFrame with the records")):
        if re.search(rf"\b{name}\b(?!\s*=)", re.sub(r"'[^']*'|\"[^\"]*\"", "", code)) and f"{name} = " not in code:
            lines.append(f"{name} = ...  # {what}, which did not come from this workspace")
    return "\n".join([*lines, code])
