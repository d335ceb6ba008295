"""A prompt: text with tokens such as `{{ state }}` or `{{ company.name }}`, rendered for each record."""

from __future__ import annotations

from collections.abc import Iterable

import jinja2
import pandas as pd
from jinja2 import meta, nodes
from jinja2.sandbox import SandboxedEnvironment
from jinja2.visitor import NodeTransformer
from rapidfuzz import process

from hsai_kit.errors import PromptError

__all__ = ["Prompt", "as_text"]

_DOT = "__of__"


class Prompt:
    """A template over a frame's columns; values are put in as text and blanks as nothing.

    Tokens are column names; a column of an associated record is written with its dot: `{{ company.name }}`.

    >>> import pandas as pd
    >>> contacts = pd.DataFrame({"state": ["Calif.", None]}, index=pd.Index(["101", "102"], name="record_id"))
    >>> Prompt("State: {{ state }}").preview(contacts)["prompt"].tolist()
    ['State: Calif.', <NA>]
    """

    def __init__(self, template: str) -> None:
        self.template = template.strip()
        self._environment = SandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)
        try:
            self._environment.parse(self.template)
        except jinja2.TemplateSyntaxError as problem:
            message = f"The prompt cannot be read, line {problem.lineno}: {problem.message}. Write {{{{ state }}}}."
            raise PromptError(message) from None

    def tokens(self, columns: Iterable[str]) -> list[str]:
        """Return the columns that the prompt uses; raises PromptError for a token that is no column."""
        return self._bound(list(map(str, columns)))[1]

    def render(self, frame: pd.DataFrame) -> pd.Series:
        """Return one text for each row, NA where every token of the row is blank.

        Rows with the same values are rendered once, so 10,000 rows with 200 distinct values cost 200 renderings.
        """
        template, tokens = self._bound(list(map(str, frame.columns)))
        text = pd.DataFrame({token: as_text(frame[token]) for token in tokens}, index=frame.index)
        group = text.groupby(tokens, sort=False, dropna=False).ngroup().to_numpy()
        distinct = text.drop_duplicates()
        rendered = [
            pd.NA if not any(values) else self._render(template, dict(zip(tokens, values, strict=True)))
            for values in distinct.itertuples(index=False, name=None)
        ]
        return pd.Series(pd.array(rendered, dtype="string").take(group), index=frame.index, name="prompt")

    def preview(self, frame: pd.DataFrame, n: int = 5) -> pd.DataFrame:
        """Return the first `n` rows as they would be asked: index as the frame's, one column `prompt`."""
        return self.render(frame.head(n)).to_frame()

    def _render(self, template: jinja2.Template, values: dict[str, str]) -> str:
        try:
            return template.render({token.replace(".", _DOT): value for token, value in values.items()}).strip()
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as problem:
            message = f"The prompt cannot be rendered for {values}: {problem}. Mend the expression and try again."
        raise PromptError(message)

    def _bound(self, columns: list[str]) -> tuple[jinja2.Template, list[str]]:
        """Bind the tokens to columns; a dotted column wins over an attribute of the same spelling."""
        bound = _Dots(columns).visit(self._environment.parse(self.template))
        used = sorted(name.replace(_DOT, ".") for name in meta.find_undeclared_variables(bound))
        for token in used:
            if token not in columns:
                raise PromptError(_unknown(token, columns))
        for node in bound.find_all(nodes.Getattr):
            if isinstance(node.node, nodes.Name) and any(c.startswith(f"{node.node.name}.") for c in columns):
                raise PromptError(_unknown(f"{node.node.name}.{node.attr}", columns))
        if not used:
            message = (
                "The prompt has no token, so every record would get the same question. Add one, such as {{ state }}."
            )
            raise PromptError(message)
        return self._environment.from_string(bound), used


class _Dots(NodeTransformer):
    """Turns `company.name` into one name where that is a column."""

    def __init__(self, columns: list[str]) -> None:
        self._columns = set(columns)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802 -- jinja2 names its visitors so
        """Replace a dotted column by a name without a dot."""
        if isinstance(node.node, nodes.Name) and f"{node.node.name}.{node.attr}" in self._columns:
            return nodes.Name(f"{node.node.name}{_DOT}{node.attr}", "load", lineno=node.lineno)
        return self.generic_visit(node)


def as_text(column: pd.Series) -> pd.Series:
    """Return a column's values as trimmed text, blanks as ''; 5.0 reads 5 and midnight reads as a date.

    A frame from a spreadsheet often has whole numbers as floats, and nobody means ZIP 93701.0.
    """
    if pd.api.types.is_float_dtype(column.dtype):
        return column.map(lambda v: "" if pd.isna(v) else f"{v:.15g}").astype(object)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        midnight = (column.dropna() == column.dropna().dt.normalize()).all()
        return (
            column.dt.strftime("%Y-%m-%d" if midnight else "%Y-%m-%dT%H:%M:%SZ")
            .astype(object)
            .where(column.notna(), "")
        )
    return column.astype(object).map(_one, na_action=None)


def _one(value: object) -> str:
    if isinstance(value, list | tuple | set):
        return "; ".join(map(str, value))
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()


def _unknown(token: str, columns: list[str]) -> str:
    near = process.extractOne(token, columns)
    hint = f" Did you mean {{{{ {near[0]} }}}}?" if near and near[1] >= 60 else ""
    return (
        f"The prompt uses {{{{ {token} }}}}, which is not among the pulled properties.{hint} "
        f"Pulled are: {', '.join(columns)}. Pull it too, or mend the token."
    )
