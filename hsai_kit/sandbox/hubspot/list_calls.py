"""Lists (segments) and their members over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot import clock
from hsai_kit.sandbox.hubspot.errors import invalid, not_found
from hsai_kit.sandbox.hubspot.wire import HubSpotAnswer, parse_whole_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hsai_kit.sandbox.hubspot.crm import Crm
    from hsai_kit.sandbox.hubspot.wire import HubSpotCall

LARGEST_MEMBER_PAGE = 250
SEARCH_PAGE, LARGEST_SEARCH_PAGE = 20, 500
LARGEST_CHANGE = 100_000


def read_lists(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show the lists of the ids in `listIds`; ids that are no lists are passed over."""
    wanted = call.names("listIds")
    return HubSpotAnswer(200, {"lists": [one for one in _load_lists(crm) if one["listId"] in wanted]})


def read_list(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show one list by its id."""
    return HubSpotAnswer(200, {"list": _render_list(crm, call)})


def read_list_by_name(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show one list by object type and name."""
    kind = crm.catalog.resolve(call.path["object_type"])
    for one in _load_lists(crm):
        if one["objectTypeId"] == kind.type_id and one["name"] == call.path["list_name"]:
            return HubSpotAnswer(200, {"list": one})
    raise not_found()


def create_list(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Make a new list without members; one that fills itself by filters is more than the sandbox does."""
    fields = call.fields()
    name, processing_type = fields.get("name"), fields.get("processingType")
    kind = crm.catalog.resolve(str(fields.get("objectTypeId")))
    if not isinstance(name, str) or not name.strip():
        raise invalid("A list needs a name.")
    if processing_type not in {"MANUAL", "SNAPSHOT"}:
        raise invalid(f"The sandbox makes MANUAL and SNAPSHOT lists, not {processing_type}: it evaluates no filters.")
    if any(one["name"].lower() == name.lower() for one in _load_lists(crm)):
        raise invalid(f"A list named {name} already exists.")
    (number,) = crm.database.execute("SELECT coalesce(max(CAST(id AS INTEGER)), 0) + 1 FROM hubspot_lists").fetchone()
    now = clock.now()
    crm.database.execute(
        "INSERT INTO hubspot_lists VALUES (?, ?, ?, ?, ?, ?)", (str(number), kind.name, name, processing_type, now, now)
    )
    return HubSpotAnswer(200, {"list": next(iter(_load_lists(crm, str(number))))})


def delete_list(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Take a list away; its members stay what they are."""
    wanted = _render_list(crm, call)["listId"]
    with crm.write_transaction():
        crm.database.execute("DELETE FROM hubspot_list_members WHERE list_id = ?", (wanted,))
        crm.database.execute("DELETE FROM hubspot_lists WHERE id = ?", (wanted,))
    return HubSpotAnswer(204)


def search_lists(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show lists whose name has a word, of some ids or of some processing types, a page at a time."""
    fields = call.fields()
    query, offset, count = fields.get("query") or "", fields.get("offset", 0), fields.get("count", SEARCH_PAGE)
    if not isinstance(query, str) or not isinstance(offset, int) or not isinstance(count, int):
        raise invalid("Invalid input JSON: query is text, offset and count are numbers.")
    if not 0 < count <= LARGEST_SEARCH_PAGE or offset < 0:
        raise invalid(f"count has to be from 1 to {LARGEST_SEARCH_PAGE}, offset from 0 up.")
    ids = [str(one) for one in fields.get("listIds") or []]
    types = fields.get("processingTypes") or []
    found = [
        one
        for one in _load_lists(crm)
        if query.lower() in one["name"].lower()
        and (not ids or one["listId"] in ids)
        and (not types or one["processingType"] in types)
    ]
    page = [_search_result(one) for one in found[offset : offset + count]]
    end = offset + len(page)
    return HubSpotAnswer(200, {"lists": page, "offset": end, "hasMore": end < len(found), "total": len(found)})


def list_members(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show a page of a list's members, in order of record id."""
    wanted = _render_list(crm, call)
    size = call.limit(100, LARGEST_MEMBER_PAGE)
    rows = crm.database.execute(
        "SELECT record_id, joined_at FROM hubspot_list_members WHERE list_id = ? AND record_id >= ? "
        "ORDER BY record_id LIMIT ?",
        (wanted["listId"], call.after() or 0, size + 1),
    ).fetchall()
    members = [{"recordId": str(number), "membershipTimestamp": joined} for number, joined in rows]
    body: dict[str, Any] = {"total": wanted["size"], "results": members[:size]}
    if len(rows) > size:
        body["paging"] = call.next_page(rows[size][0])
    return HubSpotAnswer(200, body)


def read_lists_of_record(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show which lists a record is a member of."""
    kind = crm.catalog.resolve(call.path["object_type"])
    rows = crm.database.execute(
        "SELECT list_id, joined_at FROM hubspot_list_members JOIN hubspot_lists ON id = list_id "
        "WHERE object_type = ? AND record_id = ? ORDER BY list_id",
        (kind.name, parse_whole_number(call.path["record_id"])),
    )
    results = [
        {"listId": list_id, "listVersion": 1, "firstAddedTimestamp": joined, "lastAddedTimestamp": joined}
        for list_id, joined in rows
    ]
    return HubSpotAnswer(200, {"results": results, "total": len(results)})


def add_members(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Add the records whose ids are the body."""
    return _change(crm, call, add=call.json(), remove=[])


def remove_members(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Remove the records whose ids are the body."""
    return _change(crm, call, add=[], remove=call.json())


def add_and_remove_members(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Add some records and remove others."""
    fields = call.fields()
    return _change(crm, call, add=fields.get("recordIdsToAdd", []), remove=fields.get("recordIdsToRemove", []))


def _change(crm: Crm, call: HubSpotCall, *, add: Any, remove: Any) -> HubSpotAnswer:
    wanted = _render_list(crm, call)
    if wanted["processingType"] == "DYNAMIC":
        message = f"The list {wanted['listId']} is DYNAMIC: its filters alone decide who is a member."
        raise invalid(message)
    kind = crm.catalog.resolve(wanted["objectTypeId"])
    asked_in, asked_out = _read_ids(add), _read_ids(remove)
    known = crm.records.select_existing(kind, asked_in.values())
    members = {
        number
        for (number,) in crm.database.execute(
            "SELECT record_id FROM hubspot_list_members WHERE list_id = ?", (wanted["listId"],)
        )
    }
    added = sorted((known & set(asked_in.values())) - members)
    removed = sorted(members & set(asked_out.values()))
    with crm.write_transaction():
        now = clock.now()
        crm.database.executemany(
            "INSERT INTO hubspot_list_members VALUES (?, ?, ?)",
            [(wanted["listId"], number, now) for number in added],
        )
        crm.database.executemany(
            "DELETE FROM hubspot_list_members WHERE list_id = ? AND record_id = ?",
            [(wanted["listId"], number) for number in removed],
        )
    body = {
        "recordsIdsAdded": [str(number) for number in added],
        "recordIdsRemoved": [str(number) for number in removed],
        "recordIdsMissing": [text for text, number in asked_in.items() if number not in known],
    }
    return HubSpotAnswer(200, body)


def _read_ids(given: Any) -> dict[str, int]:
    if not isinstance(given, list) or not all(isinstance(one, str | int) for one in given):
        raise invalid("Invalid input JSON: expected a list of record ids.")
    if len(given) > LARGEST_CHANGE:
        raise invalid(f"At most {LARGEST_CHANGE} records can be added or removed at a time.")
    return {str(one): -1 if (number := parse_whole_number(str(one))) is None else number for one in given}


def _render_list(crm: Crm, call: HubSpotCall) -> dict[str, Any]:
    for one in _load_lists(crm, call.path["list_id"]):
        return one
    raise not_found()


def _load_lists(crm: Crm, list_id: str | None = None) -> Iterable[dict[str, Any]]:
    rows = crm.database.execute(
        "SELECT id, object_type, name, processing_type, created_at, updated_at, "
        "(SELECT count(*) FROM hubspot_list_members WHERE list_id = id) "
        "FROM hubspot_lists WHERE coalesce(?, id) = id ORDER BY rowid",
        (list_id,),
    ).fetchall()
    for number, name, label, processing_type, created, updated, size in rows:
        yield {
            "listId": number,
            "listVersion": 1,
            "createdAt": created,
            "updatedAt": updated,
            "filtersUpdatedAt": updated,
            "processingStatus": "COMPLETE",
            "processingType": processing_type,
            "objectTypeId": crm.catalog.get_named(name).type_id,
            "name": label,
            "size": size,
        }


def _search_result(one: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in one.items() if name != "size"}
    return shown | {"additionalProperties": {"hs_list_size": str(one["size"])}}
