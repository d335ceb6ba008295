"""Associations over HTTP: of one record, in batches, and the types there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot import clock
from hsai_kit.sandbox.hubspot.batches import batch_answer
from hsai_kit.sandbox.hubspot.errors import ErrorCategory, HubSpotError, invalid, not_found, records_not_found
from hsai_kit.sandbox.hubspot.links import cut_page
from hsai_kit.sandbox.hubspot.wire import HubSpotAnswer, parse_whole_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hsai_kit.sandbox.hubspot.catalog import ObjectKind
    from hsai_kit.sandbox.hubspot.crm import Crm
    from hsai_kit.sandbox.hubspot.links import LinkEnd, LinkType
    from hsai_kit.sandbox.hubspot.wire import HubSpotCall

LARGEST_READ, LARGEST_CREATE, PAGE = 1_000, 2_000, 500


def list_of_record(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show what one record is linked to, in order of id."""
    one, other = _resolve_kinds(crm, call)
    from_id = _require_record(crm, one, call.path["object_id"])
    linked = crm.links.read(one, [from_id], other).get(from_id, [])
    shown, following = cut_page(linked, call.after(), call.limit(PAGE, PAGE))
    body: dict[str, Any] = {"results": _render_links(call, shown)}
    if following is not None:
        body["paging"] = call.next_page(following)
    return HubSpotAnswer(200, body)


def link_labeled(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Link two records by the types in the body."""
    one, other = _resolve_kinds(crm, call)
    from_id = _require_record(crm, one, call.path["object_id"])
    to_id = _require_record(crm, other, call.path["to_object_id"])
    types = _read_types(crm, one, other, call.json())
    with crm.write_transaction():
        crm.links.add(one, from_id, other, to_id, types)
    return HubSpotAnswer(201, _render_pair(call, one, from_id, other, to_id, types))


def link_default(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Link two records by the type without a label."""
    started = clock.now()
    one, other = _resolve_kinds(crm, call)
    from_id = _require_record(crm, one, call.path["object_id"])
    to_id = _require_record(crm, other, call.path["to_object_id"])
    return batch_answer(call, _link_by_default(crm, one, other, [(from_id, to_id)]), [], started)


def unlink(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Take away every association between two records."""
    one, other = _resolve_kinds(crm, call)
    ids = [parse_whole_number(call.path[name]) for name in ("object_id", "to_object_id")]
    if None not in ids:
        with crm.write_transaction():
            crm.links.remove(one, int(ids[0] or 0), other, int(ids[1] or 0))
    return HubSpotAnswer(204)


def list_labels(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show the association types from one object type to another."""
    one, other = _resolve_kinds(crm, call)
    return HubSpotAnswer(200, {"results": [known.wire() for known in crm.links.types(one, other)]})


def batch_read(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show what many records are linked to; those that are linked to nothing are errors in a 207."""
    started = clock.now()
    one, other = _resolve_kinds(crm, call)
    inputs = {_read_id(entry): entry for entry in call.inputs(LARGEST_READ)}
    ids = {text: number for text in inputs if (number := parse_whole_number(text)) is not None}
    found = crm.links.read(one, list(ids.values()), other)
    results, problems = [], []
    for text, entry in inputs.items():
        linked = found.get(ids.get(text, -1))
        if not linked:
            problems.append(_no_links_error(one, other, text))
            continue
        shown, following = cut_page(linked, parse_whole_number(str(entry.get("after", ""))), PAGE)
        result: dict[str, Any] = {"from": {"id": text}, "to": _render_links(call, shown)}
        if following is not None:
            result["paging"] = {"next": {"after": str(following), "link": f"?after={following}"}}
        results.append(result)
    return batch_answer(call, results, problems, started)


def batch_create(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Link many pairs by the types that each names."""
    started = clock.now()
    one, other = _resolve_kinds(crm, call)
    links = [
        (_read_end(entry, "from"), _read_end(entry, "to"), entry.get("types")) for entry in call.inputs(LARGEST_CREATE)
    ]
    typed = [(start, end, _read_types(crm, one, other, types)) for start, end, types in links]
    problems = _find_absent_ends(crm, one, other, [(start, end) for start, end, _ in typed])
    bad = {identifier for problem in problems for identifier in (problem.context or {})["ids"]}
    results = []
    with crm.write_transaction():
        for start, end, types in typed:
            if start not in bad and end not in bad:
                crm.links.add(one, int(start), other, int(end), types)
                results.append(_render_pair(call, one, int(start), other, int(end), types))
    return batch_answer(call, results, problems, started, 200 if call.version == "2026-09" else 201)


def batch_create_default(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Link many pairs by the type without a label."""
    started = clock.now()
    one, other = _resolve_kinds(crm, call)
    pairs = [(_read_end(entry, "from"), _read_end(entry, "to")) for entry in call.inputs(LARGEST_CREATE)]
    problems = _find_absent_ends(crm, one, other, pairs)
    bad = {identifier for problem in problems for identifier in (problem.context or {})["ids"]}
    good = [(int(start), int(end)) for start, end in pairs if start not in bad and end not in bad]
    return batch_answer(call, _link_by_default(crm, one, other, good), problems, started)


def batch_archive(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Take away every association between many pairs."""
    one, other = _resolve_kinds(crm, call)
    with crm.write_transaction():
        for entry in call.inputs(LARGEST_CREATE):
            ends = entry.get("to")
            if not isinstance(ends, list):
                raise invalid("Invalid input JSON: to has to be a list of objects with an id.")
            start = parse_whole_number(_read_end(entry, "from"))
            for end in (parse_whole_number(_read_id(target)) for target in ends):
                if start is not None and end is not None:
                    crm.links.remove(one, start, other, end)
    return HubSpotAnswer(204)


def _resolve_kinds(crm: Crm, call: HubSpotCall) -> tuple[ObjectKind, ObjectKind]:
    return crm.catalog.resolve(call.path["object_type"]), crm.catalog.resolve(call.path["to_object_type"])


def _require_record(crm: Crm, kind: ObjectKind, identifier: str) -> int:
    row = crm.records.find(kind, identifier)
    if row is None:
        raise not_found()
    return row.id


def _read_id(given: Any) -> str:
    if not isinstance(given, dict) or not isinstance(given.get("id"), str | int):
        raise invalid("Invalid input JSON: expected an object with an id.")
    return str(given["id"])


def _read_end(entry: dict[str, Any], name: str) -> str:
    return _read_id(entry.get(name))


def _read_types(crm: Crm, one: ObjectKind, other: ObjectKind, given: Any) -> list[LinkType]:
    if not isinstance(given, list) or not given or not all(isinstance(spec, dict) for spec in given):
        raise invalid("Invalid input JSON: at least one association type has to be given.")
    return [
        crm.links.require_type(one, other, spec.get("associationCategory"), spec.get("associationTypeId"))
        for spec in given
    ]


def _link_by_default(
    crm: Crm, one: ObjectKind, other: ObjectKind, pairs: Sequence[tuple[int, int]]
) -> list[dict[str, Any]]:
    known = crm.links.default_type(one, other)
    spec = {"associationCategory": known.category, "associationTypeId": known.type_id}
    with crm.write_transaction():
        for from_id, to_id in pairs:
            crm.links.add(one, from_id, other, to_id, [known])
    return [
        {"from": {"id": str(from_id)}, "to": {"id": str(to_id)}, "associationSpec": spec} for from_id, to_id in pairs
    ]


def _find_absent_ends(
    crm: Crm, one: ObjectKind, other: ObjectKind, pairs: Sequence[tuple[str, str]]
) -> list[HubSpotError]:
    problems = []
    for kind, ends in ((one, [start for start, _ in pairs]), (other, [end for _, end in pairs])):
        numbers = {text: parse_whole_number(text) for text in ends}
        known = crm.records.select_existing(kind, (number for number in numbers.values() if number is not None))
        missing = [text for text, number in numbers.items() if number not in known]
        if missing:
            problems.append(records_not_found(kind.singular, missing))
    return problems


def _no_links_error(one: ObjectKind, other: ObjectKind, identifier: str) -> HubSpotError:
    return HubSpotError(
        404,
        f"No {other.singular} is associated with {one.singular} {identifier}.",
        ErrorCategory.OBJECT_NOT_FOUND,
        sub_category="crm.associations.NO_ASSOCIATIONS_FOUND",
        context={
            "fromObjectId": [identifier],
            "fromObjectType": [one.singular],
            "toObjectType": [other.singular],
        },
    )


def _render_links(call: HubSpotCall, linked: Iterable[LinkEnd]) -> list[dict[str, Any]]:
    return [
        {"toObjectId": _render_id(call, one.to_id), "associationTypes": [known.wire() for known in one.types]}
        for one in linked
    ]


def _render_id(call: HubSpotCall, number: int) -> int | str:
    """Show an id as the dated versions' descriptions have it, and as v4's examples do."""
    return str(number) if call.is_dated else number


def _render_pair(
    call: HubSpotCall, one: ObjectKind, from_id: int, other: ObjectKind, to_id: int, types: Iterable[LinkType]
) -> dict[str, Any]:
    return {
        "fromObjectTypeId": one.type_id,
        "fromObjectId": _render_id(call, from_id),
        "toObjectTypeId": other.type_id,
        "toObjectId": _render_id(call, to_id),
        "labels": [known.label for known in types if known.label is not None],
    }
