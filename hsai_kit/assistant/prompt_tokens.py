"""Tokens of a prompt and the columns that they name: `{{ company.name }}`, `{{ deals.amount (sum) }}`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from hsai_kit.runtime.suggestion import find_nearest

# Columns such as `company.name` and `deals.amount (sum)`, as names that a template can hold.
_DOT, _HOW = "__of__", "__how__"
_NAMEABLE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)?( \(\w+\))?")
_HOWS = {"count", "sum", "latest"}


class Columns(NodeTransformer):
    """Turns `company.name`, `deals.amount (sum)` and `notes (5)` into one name each where they are columns."""

    def __init__(self, columns: list[str]) -> None:
        self._columns = set(columns)
        self.unknown: list[str] = []
        """What reads like such a column and is none."""

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 -- jinja2 names its visitors so
        """Replace a column with something in parentheses, which reads like a call, by a name without."""
        base, how = _dotted_name(node.node), _find_how(node)
        if base is None or how is None:
            return self.generic_visit(node)
        if f"{base} ({how})" in self._columns:
            return nodes.Name(as_name(f"{base} ({how})"), "load", lineno=node.lineno)
        if how in _HOWS or (how.isdigit() and isinstance(node.node, nodes.Name)):
            self.unknown.append(f"{base} ({how})")
        return self.generic_visit(node)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802 -- jinja2 names its visitors so
        """Replace a dotted column by a name without a dot."""
        dotted = _dotted_name(node)
        if dotted is not None and dotted in self._columns:
            return nodes.Name(as_name(dotted), "load", lineno=node.lineno)
        return self.generic_visit(node)


def list_dotted(parsed: nodes.Template) -> list[str]:
    """Return what reads like `company.name` in a template, but for methods, as in `state.upper()`."""
    calls = [call.node for call in parsed.find_all(nodes.Call)]
    found = (_dotted_name(node) for node in parsed.find_all(nodes.Getattr) if node not in calls)
    return list(dict.fromkeys(name for name in found if name is not None))


def _dotted_name(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return f"{node.node.name}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else None


def _find_how(call: nodes.Call) -> str | None:
    """Return the one word or number in a call's parentheses, None where it is a call of another form."""
    if len(call.args) != 1 or call.kwargs or call.dyn_args or call.dyn_kwargs:
        return None
    [one] = call.args
    if isinstance(one, nodes.Name):
        return one.name
    return str(one.value) if isinstance(one, nodes.Const) and type(one.value) is int else None


def as_name(token: str) -> str:
    """Return a column as a name that a template can hold."""
    return token.replace(".", _DOT).replace(" (", _HOW).removesuffix(")")


def as_token(name: str) -> str:
    """Return the column that a name in a template stands for."""
    base, how, word = name.replace(_DOT, ".").partition(_HOW)
    return f"{base} ({word})" if how else base


def find_completions(before: str, columns: Iterable[str], most: int = 8) -> tuple[int, list[str]]:
    """Return how many characters before the cursor a completion replaces, and the tokens that fit there.

    `before` is the text up to the cursor; without an open `{{` there is nothing to complete.

    >>> find_completions("State: {{ sta", ["state", "country", "company.state"])
    (3, ['state', 'company.state'])
    """
    found = re.search(r"\{\{\s*([\w.]*(?: ?\(\w*)?)$", before)
    if not found:
        return 0, []
    begun = found[1]
    names = list(columns)
    first = [name for name in names if name.casefold().startswith(begun.casefold())]
    within = [name for name in names if name not in first and begun.casefold() in name.casefold()]
    return len(begun), [*first, *within][:most]


def explain_unknown_token(called: str, token: str, columns: list[str]) -> str:
    """Say that a token is no column, with the nearest that is."""
    near = find_nearest(token, columns)
    hint = f" Did you mean {{{{ {near} }}}}?" if near else ""
    if near and not _NAMEABLE.fullmatch(near):
        hint = f" A token cannot name {near!r}: rename it with frame.rename(columns={{{near!r}: …}})."
    return (
        f"The {called} uses {{{{ {token} }}}}, which is not among the pulled properties.{hint} "
        f"Pulled are: {', '.join(columns)}. Pull it too, or mend the token."
    )
