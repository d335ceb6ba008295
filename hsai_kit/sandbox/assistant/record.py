"""Reading a record out of the text that a request carries: lines of "Label: value", or just a value."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_LINE = re.compile(r"^\s{0,3}(?:[-*•]\s+)?([A-Za-z][\w ./()'\u2019&+-]{0,58}?)\s*(?::|=)(?:\s+|$)(.*)$")
_TAG = re.compile(r"<(?:script|style)\b.*?</(?:script|style)\s*>|<[^<>]{1,400}>", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_SPACES = re.compile(r"[^\S\n]+")


@dataclass(frozen=True)
class RecordText:
    """A record as sent: `fields` are (label, value) in order, `rest` is the text that no label stands before."""

    fields: tuple[tuple[str, str], ...]
    rest: str

    @property
    def text(self) -> str:
        """Every value and the unlabeled text, without the labels."""
        return "\n".join([*(value for _, value in self.fields if value), self.rest]).strip()


@lru_cache(maxsize=4096)
def read_record(text: str) -> RecordText:
    r"""Split a text into labeled fields and the rest; a value quoted as JSON is unquoted.

    Lines that follow a label without having one themselves belong to it, up to a blank line.

    >>> read_record('State: "Calif."\nCity: Fresno').fields
    (('State', 'Calif.'), ('City', 'Fresno'))
    >>> read_record('"Ada wants 40 seats."').rest
    'Ada wants 40 seats.'
    """
    fields: list[tuple[str, str]] = []
    rest: list[str] = []
    is_open = False
    for line in text.split("\n"):
        match = _LINE.match(line)
        if match and len(match[1].split()) <= 7:
            fields.append((match[1].strip(), match[2].strip()))
            is_open = True
        elif not line.strip():
            is_open = False
        elif is_open:
            label, value = fields[-1]
            fields[-1] = (label, f"{value}\n{line.rstrip()}" if value else line.strip())
        else:
            rest.append(_unquote(line.strip()) or line)
    if not fields and (quoted := _QUOTED.findall(text)):
        # A prompt without labels still tells the record's own words from those around them.
        return RecordText((), "\n".join(_unquote(value) for value in quoted))
    return RecordText(tuple((label, _unquote(value)) for label, value in fields), "\n".join(rest).strip())


def clean_text(value: str) -> str:
    """Make a text plain to read: no tags, no control or format characters, no odd spaces."""
    if "<" in value:
        value = _TAG.sub(" ", value)
    if not value.isascii():
        value = unicodedata.normalize("NFKC", value)
        value = "".join(" " if c.isspace() and c != "\n" else c for c in value if not _is_invisible(c))
    return _SPACES.sub(" ", value).strip()


def _is_invisible(character: str) -> bool:
    return character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs")


def _unquote(value: str) -> str:
    if len(value) >= 2 and value[0] == '"' and value[-1] == '"':
        try:
            inner = json.loads(value)
        except ValueError:
            return value
        return inner if isinstance(inner, str) else value
    return "" if value in ("null", "None", "nan", "NaN", "<NA>") else value
