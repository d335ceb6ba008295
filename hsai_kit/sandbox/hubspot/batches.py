"""Up to a hundred records at a time, with HubSpot's ways of succeeding by halves.

Ids that are no records make a 207 beside the results, in 2026-09 a 200 with errors. A record that was merged away is
left out of a plain 200. One value that cannot be written discards a whole update, and a whole create too unless every
input has a trace id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hsai_kit.sandbox.hubspot import clock
from hsai_kit.sandbox.hubspot.errors import HubSpotError, invalid, records_not_found
from hsai_kit.sandbox.hubspot.history import WriteSource
from hsai_kit.sandbox.hubspot.objects import archive_one, check_id_property, create_one
from hsai_kit.sandbox.hubspot.record_view import RecordView, attach_warnings, read_names
from hsai_kit.sandbox.hubspot.records import RecordRow
from hsai_kit.sandbox.hubspot.wire import HubSpotAnswer, parse_whole_number
from hsai_kit.sandbox.hubspot.writer import ENFORCING_VERSION, WriteRequest, read_properties

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hsai_kit.sandbox.hubspot.catalog import ObjectKind
    from hsai_kit.sandbox.hubspot.crm import Crm
    from hsai_kit.sandbox.hubspot.wire import HubSpotCall

LARGEST_BATCH, LARGEST_HISTORY_BATCH = 100, 50
OWN_ID = "hs_object_id"
NOBODY = RecordRow(0, {}, "", "")


class BatchLookup(NamedTuple):
    """Which records a batch's ids are: `rows` by id as sent; merged ids are in neither."""

    rows: dict[str, RecordRow]
    missing: list[str]


def batch_answer(
    call: HubSpotCall,
    results: Sequence[Mapping[str, Any]],
    problems: Sequence[HubSpotError],
    started: str,
    status: int = 200,
) -> HubSpotAnswer:
    """Make the envelope of every batch: 207 as soon as there is one error, which 2026-09 does not know any more."""
    body: dict[str, Any] = {"status": "COMPLETE", "results": list(results)}
    if problems:
        body["numErrors"] = len(problems)
        body["errors"] = [problem.envelope() for problem in problems]
    body |= {"startedAt": started, "completedAt": clock.now()}
    return HubSpotAnswer(207 if problems and call.version != ENFORCING_VERSION else status, body)


def batch_read(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show records by id or by a unique property, in order of id whatever order they were asked in."""
    started = clock.now()
    kind = crm.catalog.resolve(call.path["object_type"])
    fields = call.fields()
    history = read_names(fields.get("propertiesWithHistory"), "propertiesWithHistory")
    most, what = (LARGEST_HISTORY_BATCH, " for property histories") if history else (LARGEST_BATCH, "")
    ids = [_read_id(one) for one in call.inputs(most, what)]
    found = _find(crm, kind, ids, _read_id_property([fields]), archived=call.flag("archived"))
    view = RecordView(crm, kind, call.token, read_names(fields.get("properties"), "properties"), history)
    rows = {row.id: row for row in found.rows.values()}
    problems = [records_not_found(kind.singular, found.missing)] if found.missing else []
    return batch_answer(call, view.render(rows[number] for number in sorted(rows)), problems, started)


def batch_update(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Change many records, all of them or, for one bad value, none."""
    started = clock.now()
    kind = crm.catalog.resolve(call.path["object_type"])
    inputs = call.inputs(LARGEST_BATCH)
    ids = _require_distinct([_read_id(one) for one in inputs])
    found = _find(crm, kind, ids, _read_id_property(inputs))
    results = []
    with crm.write_transaction():
        for one in inputs:
            row = found.rows.get(_read_id(one))
            if row is not None:
                results.append(_update_one(crm, call, kind, row, one))
            else:  # a value that cannot be written spoils the batch even where its record is missing
                crm.writer.check(kind, WriteRequest(read_properties(one), call.version), NOBODY)
    return batch_answer(call, results, _not_found_error(kind, inputs, found.missing), started)


def batch_create(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Make many records: all or none, but one by one where each input can be told by its trace id."""
    started = clock.now()
    kind = crm.catalog.resolve(call.path["object_type"])
    inputs = call.inputs(LARGEST_BATCH)
    traced = bool(inputs) and all(isinstance(one.get("objectWriteTraceId"), str) for one in inputs)
    results: list[dict[str, Any]] = []
    problems: list[HubSpotError] = []
    with crm.write_transaction():
        for one in inputs:
            try:
                row = create_one(crm, call, kind, one)
            except HubSpotError as problem:
                if not traced:
                    raise
                problem.context = {**(problem.context or {}), "objectWriteTraceId": [one["objectWriteTraceId"]]}
                problems.append(problem)
            else:
                results.append(_render(crm, call, kind, row, list(row.properties), one))
    return batch_answer(call, results, problems, started, 201)


def batch_upsert(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Change the records that a unique property finds and create the others."""
    started = clock.now()
    kind = crm.catalog.resolve(call.path["object_type"])
    inputs = call.inputs(LARGEST_BATCH)
    ids = _require_distinct([_read_id(one) for one in inputs])
    name = _read_id_property(inputs)
    with crm.write_transaction():
        found = _find(crm, kind, ids, name)
        results = []
        for one in inputs:
            row = found.rows.get(_read_id(one))
            if row is not None:
                results.append(_update_one(crm, call, kind, row, one) | {"new": False})
            elif name is not None:
                fields = {"properties": {name: _read_id(one), **read_properties(one)}}
                created = create_one(crm, call, kind, fields)
                rendered = _render(crm, call, kind, created, list(created.properties), one)
                results.append(rendered | {"new": True})
    problems = _not_found_error(kind, inputs, found.missing) if name is None else []
    return batch_answer(call, results, problems, started)


def batch_archive(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Put many records into the recycling bin; ids that are no records are passed over."""
    kind = crm.catalog.resolve(call.path["object_type"])
    ids = [_read_id(one) for one in call.inputs(LARGEST_BATCH)]
    with crm.write_transaction():
        for row in {row.id: row for row in _find(crm, kind, ids, None).rows.values()}.values():
            archive_one(crm, kind, row)
    return HubSpotAnswer(204)


def _find(crm: Crm, kind: ObjectKind, ids: Iterable[str], name: str | None, *, archived: bool = False) -> BatchLookup:
    if name is None:
        numbers = {one: parse_whole_number(one) for one in ids}
    else:
        check_id_property(crm, kind, name)
        holders = crm.records.holders(kind, name, list(ids))
        numbers = {one: holders.get(one.lower()) for one in ids}
    known = crm.records.many(kind, [one for one in numbers.values() if one is not None], archived=archived)
    rows = {one: known[number] for one, number in numbers.items() if number is not None and number in known}
    missing = [
        one
        for one, number in numbers.items()
        if one not in rows and (number is None or crm.records.survivor(kind, number) is None)
    ]
    return BatchLookup(rows, missing)


def _update_one(crm: Crm, call: HubSpotCall, kind: ObjectKind, row: RecordRow, one: dict[str, Any]) -> dict[str, Any]:
    properties = read_properties(one)
    changes = crm.writer.check(kind, WriteRequest(properties, call.version), row)
    row = crm.writer.update(kind, row, changes, WriteSource.of_app(call.token.app_id))
    rendered = _render(crm, call, kind, row, list(properties), one)
    attach_warnings(call, rendered, properties)
    return rendered


def _render(
    crm: Crm, call: HubSpotCall, kind: ObjectKind, row: RecordRow, names: list[str], one: dict[str, Any]
) -> dict[str, Any]:
    rendered = RecordView(crm, kind, call.token, names).render([row])[0]
    if "objectWriteTraceId" in one:
        rendered["objectWriteTraceId"] = one["objectWriteTraceId"]
    return rendered


def _not_found_error(kind: ObjectKind, inputs: Iterable[dict[str, Any]], missing: Sequence[str]) -> list[HubSpotError]:
    traces = {_read_id(one): one.get("objectWriteTraceId") for one in inputs}
    if any(traces[one] is not None for one in missing):
        return [records_not_found(kind.singular, [one], traces[one]) for one in missing]
    return [records_not_found(kind.singular, missing)] if missing else []


def _read_id(one: dict[str, Any]) -> str:
    identifier = one.get("id")
    if not isinstance(identifier, str | int):
        raise invalid("Invalid input JSON: every input needs an id.")
    return str(identifier)


def _require_distinct(ids: list[str]) -> list[str]:
    lowered = [one.lower() for one in ids]
    twice = {one for one in lowered if lowered.count(one) > 1}
    if twice:
        message = f"Duplicate IDs found in batch input: [{', '.join(sorted(twice))}]. IDs must be unique"
        raise invalid(message)
    return ids


def _read_id_property(inputs: Iterable[dict[str, Any]]) -> str | None:
    given = [one.get("idProperty") for one in inputs]
    if not all(name is None or isinstance(name, str) for name in given):
        raise invalid("Invalid input JSON: idProperty has to be the name of a property.")
    names = {None if name == OWN_ID else name for name in given}
    if len(names) > 1:
        raise invalid("All inputs of a batch need the same idProperty.")
    return next(iter(names), None)
