"""Limits of time and size for templates, which come from files and agents of other people.

Every value, loop, call and expression of a template passes through here. What a step would make is worked out before
it is made, so that a template ends in a sentence and never in a full memory.
"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from jinja2 import Template, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

MOST_TEMPLATE = 100_000
"""Characters of a template."""
_MOST_SIZE = 1_000_000
_MOST_STEPS = 100_000
_MOST_SECONDS = 0.5
_MOST_WIDTH = 10_000
# Those that remain make no more than can be told beforehand.
_NO_FILTERS = ("pprint", "urlize", "xmlattr")
_NO_METHODS = {"encode", "expandtabs", "format_map", "maketrans", "translate"}


class _Meter:
    """What one rendering has used: steps, seconds of this thread, and characters put out."""

    def __init__(self) -> None:
        self.begin(0)

    def begin(self, record: int) -> None:
        """Begin with a record of so many characters, which a template may use several times over."""
        self._most = _MOST_SIZE + 4 * record
        self._steps = self._put_out = 0
        self._until = time.thread_time() + _MOST_SECONDS

    def step(self) -> None:
        """Count a step."""
        self._steps += 1
        if self._steps > _MOST_STEPS or time.thread_time() > self._until:
            raise SecurityError("it takes too many steps")

    def put_out(self, size: int) -> None:
        """Count characters that go into the text."""
        self._put_out += size
        self.check(self._put_out)

    def check(self, size: float) -> None:
        """Raise SecurityError for what is too large."""
        if size > self._most:
            message = f"it makes a text or list of more than {self._most:,} characters"
            raise SecurityError(message)

    def measure(self, value: Any) -> Any:
        """Return `value` where it is not too large."""
        self.check(_size(value, self._most))
        return value

    def collect(self, values: Iterator[Any]) -> list[Any]:
        """Return what an iterator yields as a list."""
        found: list[Any] = []
        size = 0.0
        for one in values:
            self.step()
            size += _size(one, self._most)
            self.check(size)
            found.append(one)
        return found


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with limits, which hold for one rendering after `begin`; raises SecurityError beyond them."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.meter = _Meter()
        self.globals = {name: self.globals[name] for name in ("dict", "namespace", "range")}
        self.filters = {
            name: self._limit_filter(name, each) for name, each in self.filters.items() if name not in _NO_FILTERS
        }
        self.filters |= {"count_steps": self._count_steps, "measure": self.meter.measure}

    def parse(self, source: str, name: str | None = None, filename: str | None = None) -> nodes.Template:
        """Return a template's nodes with the limits in them."""
        if len(source) > MOST_TEMPLATE:
            message = f"it has more than {MOST_TEMPLATE:,} characters"
            raise TemplateSyntaxError(message, 1)
        try:
            parsed: nodes.Template = _LimitSetter().visit(super().parse(source, name, filename))
        except RecursionError:
            message = "it is nested too deeply"
            raise TemplateSyntaxError(message, 1) from None
        return parsed.set_environment(self)  # type: ignore[return-value]

    def render(self, template: Template, values: dict[str, str]) -> str:
        """Render for one record."""
        self.meter.begin(sum(map(len, values.values())))
        return template.render(values)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call what a template calls."""
        self.meter.step()
        method = getattr(obj, "__wrapped__", obj)
        name, owner = getattr(method, "__name__", ""), getattr(method, "__self__", None)
        if name == "join" and isinstance(owner, str):
            [values] = args = (self._collect(args[0]),)
            self.meter.check(_GROWTH["join"](values, owner))
        elif isinstance(owner, str) and name in _GROWTH:
            self.meter.check(_GROWTH[name](owner, *args, **kwargs))
        return self.meter.measure(super().call(context, obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Work out what two values give."""
        self.meter.step()
        self.meter.check(_grow(operator, left, right))
        return self.meter.measure(super().call_binop(context, operator, left, right))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Leave out the methods whose results cannot be told beforehand."""
        is_limited = not isinstance(obj, int | float | bytes) and attr not in _NO_METHODS
        return is_limited and super().is_safe_attribute(obj, attr, value)

    def _limit_filter(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        first = 1 if hasattr(original, "jinja_pass_arg") else 0

        @functools.wraps(original)
        def apply(*args: Any, **kwargs: Any) -> Any:
            self.meter.step()
            before, (value, *rest) = args[:first], args[first:]
            value = self._collect(value)
            if name in _GROWTH:
                self.meter.check(_GROWTH[name](value, *rest, **kwargs))
            return self.meter.measure(original(*before, value, *rest, **kwargs))

        return apply

    def _collect(self, value: Any) -> Any:
        return self.meter.collect(value) if isinstance(value, Iterator) else value

    def _count_steps(self, values: Iterable[Any], around: int) -> Iterator[Any]:
        """Yield what a loop goes over; `around` are the characters that stand in the loop."""
        for one in values:
            self.meter.step()
            self.meter.put_out(around)
            yield one


class _LimitSetter(NodeTransformer):
    """Puts the limits into a template where Jinja asks nobody: loops, lists, and texts that are joined by `~`."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 -- jinja2 names its visitors so
        if node.recursive:
            message = "a loop cannot be recursive here"
            raise TemplateSyntaxError(message, node.lineno)
        self.generic_visit(node)
        around = sum(len(one.data) for one in node.find_all(nodes.TemplateData))
        node.iter = _apply(node.iter, "count_steps", nodes.Const(around))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 -- jinja2 names its visitors so
        self.generic_visit(node)
        whole, *rest = (_apply(one, "string") for one in node.nodes)
        for one in rest:
            whole = nodes.Add(whole, one, lineno=node.lineno)
        return whole

    def visit_List(self, node: nodes.Expr) -> nodes.Node:  # noqa: N802 -- jinja2 names its visitors so
        self.generic_visit(node)
        return _apply(node, "measure")

    visit_Dict = visit_List  # noqa: N815 -- jinja2 names its visitors so

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802 -- jinja2 names its visitors so
        self.generic_visit(node)
        return _apply(node, "measure") if node.ctx == "load" else node

    def visit_Macro(self, node: nodes.Node) -> nodes.Node:  # noqa: N802 -- jinja2 names its visitors so
        message = "it cannot define macros"
        raise TemplateSyntaxError(message, node.lineno)

    visit_CallBlock = visit_Macro  # noqa: N815 -- jinja2 names its visitors so


def _apply(node: nodes.Node, name: str, *args: nodes.Expr) -> nodes.Expr:
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno)


def _size(value: Any, most: float) -> float:
    """Return about how many characters a value would take, with all that is in it; no further than above `most`."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, int):
        return 1 + value.bit_length() // 3
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if not isinstance(value, list | tuple | set):
        return 1
    size = 2.0
    for one in value:
        size += 2 + _size(one, most - size)
        if size > most:
            break
    return size


def _grow(operator: str, left: Any, right: Any) -> float:
    """Return the size of what an operator makes at most."""
    sizes = [_size(one, float("inf")) for one in (left, right)]
    if operator == "%":
        return _grow_format(left, right) if isinstance(left, str) else 0
    if operator == "+":
        return sum(sizes)
    if operator == "**":
        return sizes[0] * float(abs(right))
    factors = [abs(one) for one in (left, right) if isinstance(one, int)]
    # Of a text or list as many as the other says; two numbers are as long as both.
    return sum(sizes) if len(factors) == 2 else max(sizes) * max(factors, default=1)


def _grow_format(text: str, *values: Any, **named: Any) -> float:
    if "*" in text or re.search(r"\d{4,}", text):
        message = "it formats with a width of thousands"
        raise SecurityError(message)
    size = _size([values, named], float("inf"))
    return len(text) + (text.count("%") + text.count("{")) * (size + 1000)


def _grow_width(_: str, width: int = 80, *__: Any) -> float:
    return 0 if width <= _MOST_WIDTH else float("inf")


def _grow_indent(text: str, width: int | str = 4, *_: Any, **__: Any) -> float:
    return len(text) + (1 + text.count("\n")) * (width if isinstance(width, int) else len(width))


def _grow_wrapped(text: str, width: int = 79, *rest: Any, **named: Any) -> float:
    between = named.get("wrapstring", rest[1] if len(rest) > 1 else None) or "\n"
    return len(text) + (2 * len(text) // max(1, width) + text.count("\n")) * len(between)


def _grow_joined(values: Any, d: str = "", *_: Any, **__: Any) -> float:
    return _size(values, float("inf")) + len(values) * len(d)


def _grow_sum(_: Any, __: Any = None, start: Any = 0, **___: Any) -> float:
    # A sum of lists copies all that came before for each.
    return 0 if isinstance(start, int | float) else float("inf")


# What a filter or a method of a text makes at most, from its value and arguments.
_GROWTH: dict[str, Callable[..., float]] = {
    **dict.fromkeys(("center", "ljust", "rjust", "zfill", "batch", "slice"), _grow_width),
    "format": _grow_format,
    "indent": _grow_indent,
    "join": _grow_joined,
    "replace": lambda text, old, new, *_, **__: len(text) + str(text).count(old) * len(new),
    "round": lambda _, precision=0, *__, **___: _grow_width("", precision * 100),
    "sum": _grow_sum,
    "tojson": lambda value, indent=None: _size(value, float("inf")) * (6 + (indent or 0)),
    "wordwrap": _grow_wrapped,
}
