"""The search address: filters, text, one sort, and its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot.errors import invalid
from hsai_kit.sandbox.hubspot.filters import (
    build_predicate,
    build_text_predicate,
    list_filter_names,
    list_searchable_names,
    read_sort,
)
from hsai_kit.sandbox.hubspot.record_view import RecordView, read_names
from hsai_kit.sandbox.hubspot.wire import HubSpotAnswer, parse_whole_number

if TYPE_CHECKING:
    from hsai_kit.sandbox.hubspot.catalog import ObjectKind
    from hsai_kit.sandbox.hubspot.crm import Crm
    from hsai_kit.sandbox.hubspot.records import RecordRow
    from hsai_kit.sandbox.hubspot.wire import HubSpotCall

PAGE, LARGEST_PAGE, MOST_RESULTS, LONGEST_QUERY = 10, 200, 10_000, 3_000


def search_records(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show records as search sees them: what changed a moment ago is still as it was."""
    kind = crm.catalog.resolve(call.path["object_type"])
    definitions = crm.catalog.definitions(kind)
    fields = call.fields()
    size, first = _read_window(fields)
    view = RecordView(crm, kind, call.token, read_names(fields.get("properties"), "properties"))
    groups = fields.get("filterGroups") or []
    tests = [build_predicate(groups, definitions)]
    names = list_filter_names(groups)
    if query := _read_query(fields):
        tests.append(build_text_predicate(query, definitions))
        names |= list_searchable_names(definitions)
    sort = read_sort(fields["sorts"], definitions) if fields.get("sorts") else None
    if sort is not None:
        names.add(sort.name)
    former = crm.search_lag.former(kind)
    found = _find_candidates(crm, kind, tuple(sorted(names)), former)
    for fits in tests:
        found = [one for one in found if fits(one[1])]
    if sort is not None:
        key = sort.key
        found.sort(key=lambda one: key(one[1]), reverse=sort.reverse)
    rows = _read_rows(crm, kind, [number for number, _ in found[first : first + size]], former)
    body: dict[str, Any] = {"total": len(found), "results": view.render(rows)}
    if first + size < len(found):
        body["paging"] = {"next": {"after": str(first + size)}}
    return HubSpotAnswer(200, body)


def _find_candidates(
    crm: Crm, kind: ObjectKind, names: tuple[str, ...], former: dict[int, RecordRow | None]
) -> list[tuple[int, dict[str, str]]]:
    """Every record that search knows, in order of id, with those of its properties that it is asked about."""
    found = crm.records.values(kind, names).copy()
    if former:
        found = [one for one in found if one[0] not in former]
        found += [(number, row.properties) for number, row in former.items() if row is not None]
        found.sort(key=lambda one: one[0])
    return found


def _read_rows(crm: Crm, kind: ObjectKind, ids: list[int], former: dict[int, RecordRow | None]) -> list[RecordRow]:
    found = crm.records.many(kind, [number for number in ids if number not in former])
    found |= {number: row for number, row in former.items() if row is not None}
    return [found[number] for number in ids]


def _read_query(fields: dict[str, Any]) -> str:
    query = fields.get("query") or ""
    if not isinstance(query, str) or len(query) > LONGEST_QUERY:
        raise invalid(f"query has to be text of at most {LONGEST_QUERY} characters.")
    return query


def _read_window(fields: dict[str, Any]) -> tuple[int, int]:
    size = fields.get("limit", PAGE)
    if not isinstance(size, int) or not 0 <= size <= LARGEST_PAGE:
        raise invalid(f"limit has to be a number from 0 to {LARGEST_PAGE}.")
    after = fields.get("after") or "0"
    first = parse_whole_number(str(after))
    if first is None:
        raise invalid(f"after has to be the cursor of an answer before, not {after}.")
    if first + size > MOST_RESULTS:
        raise invalid(f"Search shows the first {MOST_RESULTS} results of a query; narrow it with filters.")
    return size, first
