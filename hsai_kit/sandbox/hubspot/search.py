"""The search address: filters, text, one sort, and its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot.errors import invalid
from hsai_kit.sandbox.hubspot.filters import predicate, sort_key, text_predicate
from hsai_kit.sandbox.hubspot.rendering import View, wanted_names
from hsai_kit.sandbox.hubspot.wire import Answer, whole_number

if TYPE_CHECKING:
    from hsai_kit.sandbox.hubspot.crm import Crm
    from hsai_kit.sandbox.hubspot.wire import Call

PAGE, LARGEST_PAGE, LONGEST_QUERY = 10, 200, 3_000


def search_records(crm: Crm, call: Call) -> Answer:
    """Show records as search sees them: what changed a moment ago is still as it was."""
    kind = crm.catalog.resolve(call.path["object_type"])
    definitions = crm.catalog.definitions(kind)
    fields = call.fields()
    size, first = _window(fields, crm.windows.limits.search_results)
    fits = predicate(fields.get("filterGroups") or [], definitions)
    rows = [row for row in crm.index.visible(kind) if fits(row.properties)]
    if query := fields.get("query"):
        if not isinstance(query, str) or len(query) > LONGEST_QUERY:
            raise invalid(f"query has to be text of at most {LONGEST_QUERY} characters.")
        fits = text_predicate(query, definitions)
        rows = [row for row in rows if fits(row.properties)]
    rows.sort(key=lambda row: row.id)
    if sorts := fields.get("sorts"):
        key, reverse = sort_key(sorts, definitions)
        rows.sort(key=lambda row: key(row.properties), reverse=reverse)
    view = View(crm, kind, call.token, wanted_names(fields.get("properties"), "properties"))
    body: dict[str, Any] = {"total": len(rows), "results": view.render(rows[first : first + size])}
    if first + size < len(rows):
        body["paging"] = {"next": {"after": str(first + size)}}
    return Answer(200, body)


def _window(fields: dict[str, Any], most: float | None) -> tuple[int, int]:
    size = fields.get("limit", PAGE)
    if not isinstance(size, int) or not 0 <= size <= LARGEST_PAGE:
        raise invalid(f"limit has to be a number from 0 to {LARGEST_PAGE}.")
    after = fields.get("after") or "0"
    first = whole_number(str(after))
    if first is None:
        raise invalid(f"after has to be the cursor of an answer before, not {after}.")
    if most is not None and first + size > most:
        raise invalid(f"Search shows the first {most:.0f} results of a query; narrow it with filters.")
    return size, first
