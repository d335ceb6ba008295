"""Records as JSON: which properties an answer shows, and what comes with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot.access import EMAIL_CONTENT_SCOPE
from hsai_kit.sandbox.hubspot.catalog import ALWAYS
from hsai_kit.sandbox.hubspot.errors import invalid
from hsai_kit.sandbox.hubspot.links import cut_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hsai_kit.sandbox.hubspot.access import Token
    from hsai_kit.sandbox.hubspot.catalog import ObjectKind
    from hsai_kit.sandbox.hubspot.crm import Crm
    from hsai_kit.sandbox.hubspot.links import LinkType
    from hsai_kit.sandbox.hubspot.records import RecordRow
    from hsai_kit.sandbox.hubspot.wire import HubSpotCall

# [?] What a token without the scope gets in place of the text: nothing, as if it were not set.
EMAIL_CONTENT = frozenset({"hs_email_subject", "hs_email_text", "hs_email_html", "hs_body_preview"})
ASSOCIATIONS_SHOWN = 100


class RecordView:
    """What one request wants to see of records of one type."""

    def __init__(
        self, crm: Crm, kind: ObjectKind, token: Token, names: Sequence[str], history: Sequence[str] = ()
    ) -> None:
        definitions = crm.catalog.definitions(kind)
        wanted = {*ALWAYS, *(names or kind.default_properties)}
        self._crm = crm
        self._kind = kind
        self._shown = sorted(name for name in wanted if name in definitions)
        self._history = [name for name in history if name in definitions]
        hidden = kind.name == "emails" and EMAIL_CONTENT_SCOPE not in token.scopes
        self._hidden = EMAIL_CONTENT if hidden else frozenset()

    def render(self, rows: Iterable[RecordRow]) -> list[dict[str, Any]]:
        """Render the records as JSON, with versions of values where they were asked for."""
        rows = list(rows)
        shown = [self._render_one(row) for row in rows]
        if self._history:
            versions = self._crm.history.read(self._kind, rows, self._history)
            for row, one in zip(rows, shown, strict=True):
                one["propertiesWithHistory"] = {
                    name: [] if name in self._hidden else found for name, found in versions[row.id].items()
                }
        return shown

    def _render_one(self, row: RecordRow) -> dict[str, Any]:
        properties: dict[str, str | None] = {name: row.properties.get(name) for name in self._shown}
        if self._hidden:
            properties |= dict.fromkeys(self._hidden & properties.keys())
        one: dict[str, Any] = {
            "id": str(row.id),
            "properties": properties,
            "createdAt": row.created_at,
            "updatedAt": row.updated_at,
            "archived": row.archived_at is not None,
        }
        if row.archived_at is not None:
            one["archivedAt"] = row.archived_at
        return one


def attach_associations(crm: Crm, kind: ObjectKind, shown: list[dict[str, Any]], aliases: Sequence[str]) -> None:
    """Add to each record the ids it is linked to, by object type, once per association type."""
    ids = [int(one["id"]) for one in shown]
    for alias in aliases:
        other = crm.catalog.resolve(alias)
        found = crm.links.read(kind, ids, other)
        for one in shown:
            linked, following = cut_page(found.get(int(one["id"]), []), None, ASSOCIATIONS_SHOWN)
            if not linked:
                continue
            results = [
                {"id": str(link.to_id), "type": _type_name(kind, other, known)}
                for link in linked
                for known in link.types
            ]
            block: dict[str, Any] = {"results": results}
            if following is not None:
                block["paging"] = {"next": {"after": str(following)}}
            one.setdefault("associations", {})[other.fully_qualified_name or other.name] = block


def _type_name(kind: ObjectKind, other: ObjectKind, known: LinkType) -> str:
    pair = f"{kind.singular}_to_{other.singular}"
    if known.label == "Primary":
        return pair
    if known.label is not None:
        return re.sub(r"\W+", "_", known.label.lower())
    # Only where a pair has a primary association is the plain one told apart by its name.
    return f"{pair}_unlabeled" if "companies" in {kind.name, other.name} else pair


def attach_warnings(call: HubSpotCall, shown: dict[str, Any], asked: Mapping[str, Any]) -> None:
    """Add to the answer of a write what was asked for and not done, as 2026-03 describes it.

    [?] Which writes are warned of is not documented: here it is a lifecycle stage that would have moved back.
    """
    name = "lifecyclestage"
    if call.version == "2026-03" and asked.get(name) and shown["properties"].get(name) != asked[name]:
        message = f"{name} was not changed: it only moves forward."
        shown["warnings"] = [
            {"category": "PROPERTY_NOT_CHANGED", "message": message, "context": {"propertyName": name}}
        ]


def read_names(given: Any, field: str) -> list[str]:
    """Read a list of property names from a body; a 400 for anything else."""
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise invalid(f"Invalid input JSON: {field} has to be a list of names.")
    return list(dict.fromkeys(given))
