"""A prompt: text with tokens such as `{{ state }}` or `{{ company.name }}`, rendered for each record."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable

import jinja2
import numpy as np
import pandas as pd
from jinja2 import meta, nodes
from jinja2.sandbox import SandboxedEnvironment
from jinja2.visitor import NodeTransformer
from rapidfuzz import process

from hsai_kit.defuse import one_line
from hsai_kit.errors import PromptError

__all__ = ["Prompt", "Template", "as_text", "completions"]

# Columns such as `company.name` and `deals.amount (sum)`, as names that a template can hold.
_DOT, _HOW = "__of__", "__how__"
_NAMEABLE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)?( \(\w+\))?")
_HOWS = {"count", "sum", "latest"}


class Prompt:
    """A template over a frame's columns; a token is a column's name, also `{{ company.name }}` and `{{ notes (5) }}`.

    Each value is put in as a JSON string, so that a model can tell the record's text, which is data, from the words of
    the prompt: no value can end its own quotes. A blank is "".

    >>> import pandas as pd
    >>> contacts = pd.DataFrame({"state": ["Calif.", None]}, index=pd.Index(["101", "102"], name="record_id"))
    >>> Prompt("State: {{ state }}").preview(contacts)["prompt"].tolist()
    ['State: "Calif."', <NA>]
    """

    called = "prompt"

    def __init__(self, template: str) -> None:
        self.template = template.strip()
        self._environment = SandboxedEnvironment(
            undefined=jinja2.StrictUndefined, autoescape=False, finalize=self._shown
        )
        try:
            # Compiled and not only parsed: an unknown filter is found by the compiler.
            self._environment.from_string(self.template)
        except jinja2.TemplateSyntaxError as problem:
            message = (
                f"The {self.called} cannot be read, line {problem.lineno}: {str(problem.message).rstrip('.')}. "
                "Write tokens as {{ state }}; a column whose name has spaces or signs needs another name first: "
                "frame.rename(columns=…)."
            )
            raise PromptError(message) from None

    def tokens(self, columns: Iterable[str]) -> list[str]:
        """Return the columns that the prompt uses; raises PromptError for a token that is no column."""
        return self._bound(list(map(str, columns)))[1]

    def wanted(self) -> list[str]:
        """Return the columns that the prompt asks for, before any were pulled.

        >>> Prompt("{{ state.upper() }} {{ company.name }}").wanted()
        ['company.name', 'state']
        """
        parsed = self._environment.parse(self.template)
        calls = [call.node for call in parsed.find_all(nodes.Call)]
        dotted = [
            f"{node.node.name}.{node.attr}"
            for node in parsed.find_all(nodes.Getattr)
            if isinstance(node.node, nodes.Name) and node not in calls
        ]
        return self.tokens([*meta.find_undeclared_variables(parsed), *dict.fromkeys(dotted)])

    def render(self, frame: pd.DataFrame) -> pd.Series:
        """Return one text for each row, NA where every token of the row is blank.

        Rows with the same values are rendered once, so 10,000 rows with 200 distinct values cost 200 renderings.
        """
        bound, tokens = self._bound(list(map(str, frame.columns)))
        fill = _plain(bound, tokens, self._shown) or functools.partial(
            self._render, self._environment.from_string(bound), tokens
        )
        text = pd.DataFrame({token: as_text(frame[token]) for token in tokens}, index=frame.index)
        group = text.groupby(tokens, sort=False, dropna=False).ngroup().to_numpy()
        distinct = text.drop_duplicates()
        rendered = [
            pd.NA if not any(values) else fill(values) for values in distinct.itertuples(index=False, name=None)
        ]
        return pd.Series(pd.array(rendered, dtype="string").take(group), index=frame.index, name="prompt")

    def preview(self, frame: pd.DataFrame, n: int = 5) -> pd.DataFrame:
        """Return the first `n` rows as they would be asked: index as the frame's, one column `prompt`."""
        return self.render(frame.head(n)).to_frame()

    def _render(self, template: jinja2.Template, tokens: list[str], row: tuple[str, ...]) -> str:
        values = dict(zip(tokens, row, strict=True))
        try:
            return template.render({_as_name(token): value for token, value in values.items()}).strip()
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as problem:
            record = ", ".join(f"{token} {one_line(value)!r}" for token, value in values.items())
            reason = one_line(problem, 120).rstrip(".")
            message = f"The {self.called} cannot be rendered for {record}: {reason}. Mend the expression and try again."
        raise PromptError(message)

    def _bound(self, columns: list[str]) -> tuple[nodes.Template, list[str]]:
        """Bind the tokens to columns; a dotted column wins over an attribute of the same spelling."""
        binding = _Columns(columns)
        bound = binding.visit(self._environment.parse(self.template))
        if binding.unknown:
            raise PromptError(_unknown(self.called, binding.unknown[0], columns))
        used = sorted(_as_token(name) for name in meta.find_undeclared_variables(bound))
        # Every value is a text, so a dot that is no column and no call, as in state.upper(), is a mistaken token.
        calls = [call.node for call in bound.find_all(nodes.Call)]
        for node in bound.find_all(nodes.Getattr):
            if isinstance(node.node, nodes.Name) and node.node.name in used and node not in calls:
                raise PromptError(_unknown(self.called, f"{node.node.name}.{node.attr}", columns))
        for token in used:
            if token not in columns:
                raise PromptError(_unknown(self.called, token, columns))
            if columns.count(token) > 1:
                message = f"The DataFrame has the column {token!r} more than once. Keep one of them and try again."
                raise PromptError(message)
        self._check(used)
        return bound, used

    @staticmethod
    def _shown(value: object) -> str:
        return json.dumps(str(value), ensure_ascii=False)

    def _check(self, used: list[str]) -> None:
        if not used:
            message = (
                "The prompt has no token, so every record would get the same question. Add one, such as {{ state }}."
            )
            raise PromptError(message)


class Template(Prompt):
    """A text for people, such as the subject of a task: values stand in it bare, and it need not have a token.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"firstname": ["Ana"]}, index=pd.Index(["101"], name="record_id"))
    >>> Template("Call {{ firstname }}").render(frame).tolist()
    ['Call Ana']
    """

    called = "template"

    def render(self, frame: pd.DataFrame) -> pd.Series:
        """Return one text for each row, "" where nothing is left of it."""
        bound, tokens = self._bound(list(map(str, frame.columns)))
        template = self._environment.from_string(bound)
        texts = [as_text(frame[token]).tolist() for token in tokens]
        rendered = [self._render(template, tokens, tuple(column[at] for column in texts)) for at in range(len(frame))]
        return pd.Series(pd.array(rendered, dtype="string"), index=frame.index, name="text")

    @staticmethod
    def _shown(value: object) -> str:
        return str(value)

    def _check(self, used: list[str]) -> None:
        """Let a text without a token pass: everybody gets the same."""


def _plain(
    bound: nodes.Template, tokens: list[str], shown: Callable[[object], str]
) -> Callable[[tuple[str, ...]], str] | None:
    """Return what fills in a row's values where the prompt is only text and tokens, as most are; else None.

    A million rows take seconds so, and minutes through the template.
    """
    parts: list[str | int] = []
    for output in bound.body:
        for node in output.nodes if isinstance(output, nodes.Output) else [output]:
            if isinstance(node, nodes.TemplateData):
                parts.append(node.data)
            elif isinstance(node, nodes.Name):
                parts.append(tokens.index(_as_token(node.name)))
            else:
                return None
    return lambda row: "".join([shown(row[part]) if isinstance(part, int) else part for part in parts]).strip()


class _Columns(NodeTransformer):
    """Turns `company.name`, `deals.amount (sum)` and `notes (5)` into one name each where they are columns."""

    def __init__(self, columns: list[str]) -> None:
        self._columns = set(columns)
        self.unknown: list[str] = []
        """What reads like such a column and is none."""

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 -- jinja2 names its visitors so
        """Replace a column with something in parentheses, which reads like a call, by a name without."""
        base, how = _dotted(node.node), _how(node)
        if base is None or how is None:
            return self.generic_visit(node)
        if f"{base} ({how})" in self._columns:
            return nodes.Name(_as_name(f"{base} ({how})"), "load", lineno=node.lineno)
        if how in _HOWS or (how.isdigit() and isinstance(node.node, nodes.Name)):
            self.unknown.append(f"{base} ({how})")
        return self.generic_visit(node)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802 -- jinja2 names its visitors so
        """Replace a dotted column by a name without a dot."""
        if isinstance(node.node, nodes.Name) and f"{node.node.name}.{node.attr}" in self._columns:
            return nodes.Name(_as_name(f"{node.node.name}.{node.attr}"), "load", lineno=node.lineno)
        return self.generic_visit(node)


def _dotted(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Name):
        return node.name
    return (
        f"{node.node.name}.{node.attr}"
        if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name)
        else None
    )


def _how(call: nodes.Call) -> str | None:
    """Return the one word or number in a call's parentheses, None where it is a call of another form."""
    if len(call.args) != 1 or call.kwargs or call.dyn_args or call.dyn_kwargs:
        return None
    [one] = call.args
    if isinstance(one, nodes.Name):
        return one.name
    return str(one.value) if isinstance(one, nodes.Const) and type(one.value) is int else None


def _as_name(token: str) -> str:
    return token.replace(".", _DOT).replace(" (", _HOW).removesuffix(")")


def _as_token(name: str) -> str:
    base, how, word = name.replace(_DOT, ".").partition(_HOW)
    return f"{base} ({word})" if how else base


def completions(before: str, columns: Iterable[str], most: int = 8) -> tuple[int, list[str]]:
    """Return how many characters before the cursor a completion replaces, and the tokens that fit there.

    `before` is the text up to the cursor; without an open `{{` there is nothing to complete.

    >>> completions("State: {{ sta", ["state", "country", "company.state"])
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


def as_text(column: pd.Series) -> pd.Series:
    """Return a column's values as trimmed text, blanks as ''; 5.0 reads 5 and midnight reads as a date.

    A frame from a spreadsheet often has whole numbers as floats, and nobody means ZIP 93701.0. A value reads the same
    whatever stands in the other rows: another text would be another question, and paid again.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _times(column)
    return column.astype(object).map(_one, na_action=None).astype(object)


def _times(column: pd.Series) -> pd.Series:
    zone = "" if column.dt.tz is None else "Z"
    moments = column if column.dt.tz is None else column.dt.tz_convert("UTC")
    days = moments.dt.strftime("%Y-%m-%d").astype(object)
    texts = days.where(moments == moments.dt.normalize(), moments.dt.strftime(f"%Y-%m-%dT%H:%M:%S{zone}"))
    return texts.where(column.notna(), "")


def _one(value: object) -> str:
    if isinstance(value, list | tuple | set):
        return "; ".join(map(_one, value))
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float):
        # Beyond 2**53 a float no longer tells whole numbers apart.
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else f"{value:.15g}"
    # Half of an emoji, as cut-off texts have it, cannot be sent.
    return str(value).strip().encode("utf-8", "replace").decode()


def _unknown(called: str, token: str, columns: list[str]) -> str:
    near = process.extractOne(token, columns)
    hint = f" Did you mean {{{{ {near[0]} }}}}?" if near and near[1] >= 60 else ""
    if near and hint and not _NAMEABLE.fullmatch(near[0]):
        hint = f" A token cannot name {near[0]!r}: rename it with frame.rename(columns={{{near[0]!r}: …}})."
    return (
        f"The {called} uses {{{{ {token} }}}}, which is not among the pulled properties.{hint} "
        f"Pulled are: {', '.join(columns)}. Pull it too, or mend the token."
    )
