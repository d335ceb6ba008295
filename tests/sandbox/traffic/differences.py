"""Where what is sent or answered differs from the published clients' types, each with the source that says it may.

A difference that nothing needs any more fails the proof as well, so that the list does not grow stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

DESCRIPTIONS = "HubSpot's own API descriptions (HubSpot-public-api-spec-collection, state of 2026-08-21)"
RECORDED = "recorded answers of real portals"
WARNINGS = f"{DESCRIPTIONS}: PublicObjectWarning"
GUIDE = "the examples of HubSpot's guides, which leave it out or send it so"
PAGES = "the page classes of the published clients, which declare only what the client reads to turn the page"


@dataclass(eq=False)
class Difference:
    """One difference: in the `body` that is sent or in the `answer`, at a place such as `results.*.properties.*`.

    `kind` is `null` (may be null there), `object` (may be an object where the types have text), `extra` (may be there)
    or `absent` (may be absent there); `operation` is a pattern of method and template.
    """

    api: str
    operation: str
    side: str
    place: str
    kind: str
    source: str
    used: int = field(default=0)

    def covers(self, api: str, method: str, template: str) -> bool:
        """Whether the difference is one of this operation."""
        return api == self.api and re.fullmatch(self.operation, f"{method} {template}") is not None

    def apply(self, content: Any) -> None:
        """Make the content as the types have it, where it differs so."""
        *parents, name = self.place.split(".")
        for parent in _walk(content, parents):
            for key in _list_keys(parent, name):
                if (
                    parent[key] is None
                    if self.kind == "null"
                    else self.kind == "object" and isinstance(parent[key], dict)
                ):
                    parent[key] = ""
                    self.used += 1
                elif self.kind == "extra":
                    del parent[key]
                    self.used += 1

    def excuses(self, problem: str) -> bool:
        """Whether a problem is that something is absent which may be."""
        if self.kind != "absent":
            return False
        pattern = re.escape(self.place).replace(r"\*", r"\w+")
        found = re.fullmatch(rf"\$\.{pattern}: Field required", problem) is not None
        self.used += found
        return found


def _walk(content: Any, names: list[str]) -> Iterator[Any]:
    if not names:
        yield content
        return
    for key in _list_keys(content, names[0]):
        yield from _walk(content[key], names[1:])


def _list_keys(content: Any, name: str) -> list[Any]:
    if name == "*" and isinstance(content, list):
        return list(range(len(content)))
    if not isinstance(content, dict):
        return []
    return list(content) if name == "*" else [name] if name in content else []


_RECORDS = r"\w+ /crm/objects/2026-03/[^/]+(/[^/]+)?"
_BATCHES = r"POST /crm/(objects|associations|properties)/.*/batch/\w+"
_SEARCHES = r"POST /crm/objects/.*/search"


def list_differences() -> list[Difference]:
    """Return every difference, none of them used yet."""
    return [
        Difference("hubspot", _RECORDS, "answer", "properties.*", "null", RECORDED),
        Difference("hubspot", rf"{_RECORDS}|{_BATCHES}", "answer", "results.*.properties.*", "null", RECORDED),
        Difference("hubspot", _RECORDS, "answer", "warnings", "extra", WARNINGS),
        Difference("hubspot", _BATCHES, "answer", "results.*.warnings", "extra", WARNINGS),
        # 2026-03 answers them in a 207, whose body the client has no type for, 2026-09 in a 200.
        Difference("hubspot", _BATCHES, "answer", "errors", "extra", f"{DESCRIPTIONS}: BatchResponse…WithErrors"),
        Difference("hubspot", _BATCHES, "answer", "numErrors", "extra", f"{DESCRIPTIONS}: BatchResponse…WithErrors"),
        Difference("hubspot", r"GET .*", "answer", "paging.next.link", "extra", f"{DESCRIPTIONS}: NextPage; {PAGES}"),
        Difference("hubspot", r"GET .*/memberships", "answer", "total", "extra", f"{DESCRIPTIONS}; {PAGES}"),
        Difference("hubspot", r"POST /crm/lists/2026-03/search", "answer", "lists.*.additionalProperties", "extra",
                   f"{DESCRIPTIONS}; the client calls it additional_filter_properties, which HubSpot does not answer"),
        Difference("hubspot", r"GET /account-info/2026-03/details", "answer", "portalName", "extra",
                   "the sandbox's own: it says that its data are scripted; a real portal tells no name"),
        Difference("hubspot", r"POST /crm/objects/2026-03/[^/]+", "body", "associations", "absent", GUIDE),
        Difference("hubspot", r"POST .*/batch/create", "body", "inputs.*.associations", "absent", GUIDE),
        *(Difference("hubspot", _SEARCHES, "body", name, "absent", GUIDE)
          for name in ("after", "sorts")),
        Difference("hubspot", _SEARCHES, "body", "sorts.*", "object", GUIDE),
        Difference("hubspot", r"POST .*/batch/read", "body", "propertiesWithHistory", "absent", GUIDE),
        *(Difference("hubspot", r"POST /crm/lists/2026-03/search", "body", name, "absent",
                     f"{DESCRIPTIONS}: required, yet with defaults") for name in ("listIds", "processingTypes")),
        Difference("openai", r"GET /(agents|batches|files)", "answer", "object", "extra", PAGES),
        Difference("openai", r"GET /(agents|batches|files)", "answer", "first_id", "extra", PAGES),
        Difference("openai", r"GET /(agents|batches|files)", "answer", "last_id", "extra", PAGES),
    ]  # fmt: skip
