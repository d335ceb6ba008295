"""Single records and pages of them: list, read, create, update, archive, merge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot.errors import invalid, not_found
from hsai_kit.sandbox.hubspot.history import WriteSource
from hsai_kit.sandbox.hubspot.record_view import RecordView, attach_associations, attach_warnings
from hsai_kit.sandbox.hubspot.wire import HubSpotAnswer, parse_whole_number
from hsai_kit.sandbox.hubspot.writer import WriteRequest, read_properties

if TYPE_CHECKING:
    from hsai_kit.sandbox.hubspot.catalog import ObjectKind
    from hsai_kit.sandbox.hubspot.crm import Crm
    from hsai_kit.sandbox.hubspot.links import LinkType
    from hsai_kit.sandbox.hubspot.records import RecordRow
    from hsai_kit.sandbox.hubspot.wire import HubSpotCall

PAGE, LARGEST_PAGE, LARGEST_HISTORY_PAGE = 10, 100, 50


def list_records(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show a page of records in order of id; `after` is the id at which it begins."""
    kind = crm.catalog.resolve(call.path["object_type"])
    history = call.names("propertiesWithHistory")
    size = call.limit(PAGE, LARGEST_HISTORY_PAGE if history else LARGEST_PAGE)
    rows = crm.records.page(kind, call.after() or 0, size + 1, archived=call.flag("archived"))
    shown = RecordView(crm, kind, call.token, call.names("properties"), history).render(rows[:size])
    attach_associations(crm, kind, shown, call.names("associations"))
    body: dict[str, Any] = {"results": shown}
    if len(rows) > size:
        body["paging"] = call.next_page(rows[size].id)
    return HubSpotAnswer(200, body)


def read_record(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show one record by its id, by the id of one merged into it, or by a unique property."""
    kind = crm.catalog.resolve(call.path["object_type"])
    row = _find(crm, call, kind)
    view = RecordView(crm, kind, call.token, call.names("properties"), call.names("propertiesWithHistory"))
    shown = view.render([row])
    attach_associations(crm, kind, shown, call.names("associations"))
    return HubSpotAnswer(200, shown[0])


def create_record(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Make a new record, linked to others if `associations` says so."""
    kind = crm.catalog.resolve(call.path["object_type"])
    fields = call.fields()
    with crm.write_transaction():
        row = create_one(crm, call, kind, fields)
    return HubSpotAnswer(201, RecordView(crm, kind, call.token, list(row.properties)).render([row])[0])


def create_one(crm: Crm, call: HubSpotCall, kind: ObjectKind, fields: dict[str, Any]) -> RecordRow:
    """Create the record that a body or one input of a batch asks for."""
    changes = crm.writer.check(kind, WriteRequest(read_properties(fields), call.version), None)
    links = _read_links(crm, kind, fields.get("associations"))
    row = crm.writer.create(kind, changes, WriteSource.of_app(call.token.app_id))
    for other, to_id, types in links:
        crm.links.add(kind, row.id, other, to_id, types)
    return row


def update_record(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Change some properties of one record; the answer shows those and no others."""
    kind = crm.catalog.resolve(call.path["object_type"])
    properties = read_properties(call.fields())
    with crm.write_transaction():
        row = _find(crm, call, kind)
        changes = crm.writer.check(kind, WriteRequest(properties, call.version), row)
        row = crm.writer.update(kind, row, changes, WriteSource.of_app(call.token.app_id))
    shown = RecordView(crm, kind, call.token, list(properties)).render([row])[0]
    attach_warnings(call, shown, properties)
    return HubSpotAnswer(200, shown)


def archive_record(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Put one record into the recycling bin; one that lies there already is fine too."""
    kind = crm.catalog.resolve(call.path["object_type"])
    row = crm.records.find(kind, call.path["object_id"])
    if row is not None:
        archive_one(crm, kind, row)
    elif crm.records.find(kind, call.path["object_id"], archived=True) is None:
        raise not_found()
    return HubSpotAnswer(204)


def archive_one(crm: Crm, kind: ObjectKind, row: RecordRow) -> None:
    """Archive a record and take it out of associations and lists."""
    with crm.write_transaction():
        crm.writer.archive(kind, row)
        crm.links.forget(kind, row.id)
        crm.database.execute(
            "DELETE FROM hubspot_list_members WHERE record_id = ? "
            "AND list_id IN (SELECT id FROM hubspot_lists WHERE object_type = ?)",
            (row.id, kind.name),
        )


def erase_record(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Delete a contact for good, as the GDPR asks for; one that is not there is no error."""
    kind = crm.catalog.resolve(call.path["object_type"])
    if kind.name != "contacts":
        raise invalid(f"Only contacts can be deleted for good, not {kind.name}.")
    fields = call.fields()
    identifier, id_property = str(fields.get("objectId")), fields.get("idProperty")
    if id_property not in {None, "hs_object_id"}:
        check_id_property(crm, kind, str(id_property))
        identifier = str(crm.records.holders(kind, str(id_property), [identifier]).get(identifier.lower(), ""))
    row = crm.records.find(kind, identifier)
    if row is not None:
        archive_one(crm, kind, row)
    elif (row := crm.records.find(kind, identifier, archived=True)) is None:
        return HubSpotAnswer(204)
    with crm.write_transaction():
        crm.records.remove(kind, row.id)
        crm.history.forget(kind, row.id)
    return HubSpotAnswer(204)


def merge_records(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Merge one record into another, whose id stays."""
    kind = crm.catalog.resolve(call.path["object_type"])
    fields = call.fields()
    kept = crm.records.find(kind, str(fields.get("primaryObjectId")))
    gone = crm.records.find(kind, str(fields.get("objectIdToMerge")))
    if kept is None or gone is None:
        raise not_found()
    if kept.id == gone.id:
        raise invalid("A record cannot be merged with itself.")
    with crm.write_transaction():
        crm.links.move(kind, gone.id, kept.id)
        row = crm.writer.merge(kind, kept, gone, WriteSource.of_app(call.token.app_id))
    return HubSpotAnswer(200, RecordView(crm, kind, call.token, list(row.properties)).render([row])[0])


def _find(crm: Crm, call: HubSpotCall, kind: ObjectKind) -> RecordRow:
    identifier = call.path["object_id"]
    archived = call.flag("archived")
    id_property = call.text("idProperty")
    if id_property is not None and id_property != "hs_object_id":
        check_id_property(crm, kind, id_property)
        holder = crm.records.holders(kind, id_property, [identifier]).get(identifier.lower())
        identifier = "" if holder is None else str(holder)
    elif parse_whole_number(identifier) is None:
        raise not_found("Object not found.  objectId are usually numeric.")
    row = crm.records.find(kind, identifier, archived=archived)
    if row is None and (number := parse_whole_number(identifier)) is not None:
        survivor = crm.records.survivor(kind, number)
        row = None if survivor is None else crm.records.find(kind, str(survivor), archived=archived)
    if row is None:
        raise not_found()
    return row


def check_id_property(crm: Crm, kind: ObjectKind, name: str) -> None:
    """Raise a 400 unless records of the type can be told apart by that property."""
    definition = crm.catalog.definitions(kind).get(name)
    if definition is None or not definition.unique:
        message = f"{name} is no unique property of {kind.name}, so idProperty cannot be {name}."
        raise invalid(message)


def _read_links(crm: Crm, kind: ObjectKind, given: Any) -> list[tuple[ObjectKind, int, list[LinkType]]]:
    links = []
    if not isinstance(given, list | None):
        raise invalid("Invalid input JSON: associations has to be a list.")
    for entry in given or []:
        try:
            identifier = str(entry["to"]["id"])
            specs = [(spec["associationCategory"], spec["associationTypeId"]) for spec in entry["types"]]
        except (TypeError, KeyError, IndexError) as error:
            message = "Invalid input JSON: an association needs to.id and types with category and type id."
            raise invalid(message) from error
        if not specs:
            raise invalid("Invalid input JSON: an association needs at least one type.")
        other = crm.catalog.get_named(crm.links.target_of(kind, *specs[0]))
        if crm.records.find(other, identifier) is None:
            raise invalid(f"The {other.singular} {identifier} to associate with does not exist.")
        types = [crm.links.require_type(kind, other, *spec) for spec in specs]
        links.append((other, int(identifier), types))
    return links
