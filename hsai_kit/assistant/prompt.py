"""A prompt: text with tokens such as `{{ state }}` or `{{ company.name }}`, rendered for each record."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable

import jinja2
import pandas as pd
from jinja2 import meta, nodes

from hsai_kit.assistant.prompt_tokens import Columns, as_name, as_token, explain_unknown_token, list_dotted
from hsai_kit.assistant.template_limits import TemplateEnvironment
from hsai_kit.errors import PromptError
from hsai_kit.runtime.console import advise
from hsai_kit.tabular.cell_text import as_text, format_line


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
        self._environment = TemplateEnvironment(
            undefined=jinja2.StrictUndefined, autoescape=False, finalize=self._put_out
        )
        try:
            # Compiled and not only parsed: an unknown filter is found by the compiler.
            self._environment.from_string(self._environment.parse(self.template))
        except jinja2.TemplateSyntaxError as problem:
            message = (
                f"The {self.called} cannot be read, line {problem.lineno}: {str(problem.message).rstrip('.')}. "
                "Write tokens as {{ state }}; a column whose name has spaces or signs needs another name first: "
                "frame.rename(columns=…)."
            )
            raise PromptError(message) from None

    def tokens(self, columns: Iterable[str]) -> list[str]:
        """Return the columns that the prompt uses; raises PromptError for a token that is no column."""
        return self._bind(list(map(str, columns)))[1]

    def columns_to_pull(self) -> list[str]:
        """Return the columns that the prompt asks for, before any were pulled.

        >>> Prompt("{{ state.upper() }} {{ company.name }}").columns_to_pull()
        ['company.name', 'state']
        """
        parsed = self._environment.parse(self.template)
        return self.tokens([*meta.find_undeclared_variables(parsed), *list_dotted(parsed)])

    def render(self, frame: pd.DataFrame) -> pd.Series:
        """Return one text for each row, NA where every token of the row is blank.

        Rows with the same values are rendered once, so 10,000 rows with 200 distinct values cost 200 renderings.
        """
        bound, tokens = self._bind(list(map(str, frame.columns)))
        fill = _build_filler(bound, tokens, self._format_value) or functools.partial(
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
            named = {as_name(token): value for token, value in values.items()}
            return self._environment.render(template, named).strip()
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as problem:
            record = ", ".join(f"{token} {format_line(value)!r}" for token, value in values.items())
            reason = format_line(problem, 120).rstrip(".")
            message = f"The {self.called} cannot be rendered for {record}: {reason}. Mend the expression and try again."
        raise PromptError(message)

    def _bind(self, columns: list[str]) -> tuple[nodes.Template, list[str]]:
        """Bind the tokens to columns; a dotted column wins over an attribute of the same spelling."""
        binding = Columns(columns)
        bound = binding.visit(self._environment.parse(self.template))
        if binding.unknown:
            raise PromptError(explain_unknown_token(self.called, binding.unknown[0], columns))
        used = sorted(as_token(name) for name in meta.find_undeclared_variables(bound))
        # Every value is a text, so a dot that is no column and no call, as in state.upper(), is a mistaken token.
        mistaken = [dotted for dotted in list_dotted(bound) if dotted.partition(".")[0] in used]
        for token in [*mistaken, *used]:
            if token not in columns:
                raise PromptError(explain_unknown_token(self.called, token, columns))
            if columns.count(token) > 1:
                message = (
                    f"The {advise('DataFrame', 'table')} has the column {token!r} more than once. "
                    "Keep one of them and try again."
                )
                raise PromptError(message)
        self._check(used)
        return bound, used

    def _put_out(self, value: object) -> str:
        text = self._format_value(value)
        self._environment.meter.put_out(len(text))
        return text

    @staticmethod
    def _format_value(value: object) -> str:
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
        bound, tokens = self._bind(list(map(str, frame.columns)))
        template = self._environment.from_string(bound)
        texts = [as_text(frame[token]).tolist() for token in tokens]
        rendered = [self._render(template, tokens, tuple(column[at] for column in texts)) for at in range(len(frame))]
        return pd.Series(pd.array(rendered, dtype="string"), index=frame.index, name="text")

    @staticmethod
    def _format_value(value: object) -> str:
        return str(value)

    def _check(self, used: list[str]) -> None:
        """Let a text without a token pass: everybody gets the same."""


def _build_filler(
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
                parts.append(tokens.index(as_token(node.name)))
            else:
                return None
    return lambda row: "".join([shown(row[part]) if isinstance(part, int) else part for part in parts]).strip()
