"""Every address of the API: one operation each, under the old versions' paths and the dated ones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from hsai_kit.sandbox.hubspot import (
    access,
    account_calls,
    association_calls,
    batches,
    bodies,
    list_calls,
    objects,
    property_calls,
    schema_calls,
    search,
)
from hsai_kit.sandbox.hubspot.access import READ, WRITE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hsai_kit.sandbox.hubspot.access import Needs
    from hsai_kit.sandbox.hubspot.crm import Crm
    from hsai_kit.sandbox.hubspot.wire import HubSpotAnswer, HubSpotCall
    from hsai_kit.sandbox.shapes import Shape

    Handler = Callable[[Crm, HubSpotCall], HubSpotAnswer]
    NeedsOf = Callable[[Crm, HubSpotCall], Needs]

DATES = ("2026-09", "2026-03")


class Operation(NamedTuple):
    """One thing that the API does; `needs` tells which scopes it takes for a given call, `body` what may be sent."""

    method: str
    template: str
    handler: Handler
    needs: NeedsOf
    body: Shape = None
    is_search: bool = False


class RouteAddress(NamedTuple):
    """A concrete path template of one version, with what each method does there."""

    template: str
    version: str
    operations: dict[str, Operation]


def _records(action: str) -> NeedsOf:
    def needs(crm: Crm, call: HubSpotCall) -> Needs:
        kind = crm.catalog.resolve(call.path["object_type"])
        return access.list_object_needs(kind.name, custom=kind.custom, action=action)

    return needs


def _pairs(action: str) -> NeedsOf:
    def needs(crm: Crm, call: HubSpotCall) -> Needs:
        kinds = [crm.catalog.resolve(call.path[name]) for name in ("object_type", "to_object_type")]
        groups = [access.list_object_needs(kind.name, custom=kind.custom, action=action) for kind in kinds]
        return tuple(dict.fromkeys(groups[0] + groups[1]))

    return needs


def _definitions(action: str) -> NeedsOf:
    def needs(crm: Crm, call: HubSpotCall) -> Needs:
        kind = crm.catalog.resolve(call.path["object_type"])
        return access.list_definition_needs(kind.name, custom=kind.custom, action=action)

    return needs


def _fixed(needs: Needs) -> NeedsOf:
    return lambda crm, call: needs  # noqa: ARG005  # the shape of NeedsOf


_ASSOCIATIONS = "/{object_type}/{object_id}/associations/{to_object_type}"
_DEFAULT = "/{object_type}/{object_id}/associations/default/{to_object_type}/{to_object_id}"
OBJECTS = (
    Operation("POST", "/{object_type}/batch/read", batches.batch_read, _records(READ), bodies.BATCH_READ),
    Operation("POST", "/{object_type}/batch/create", batches.batch_create, _records(WRITE), bodies.BATCH_CREATE),
    Operation("POST", "/{object_type}/batch/update", batches.batch_update, _records(WRITE), bodies.BATCH_UPDATE),
    Operation("POST", "/{object_type}/batch/upsert", batches.batch_upsert, _records(WRITE), bodies.BATCH_UPDATE),
    Operation("POST", "/{object_type}/batch/archive", batches.batch_archive, _records(WRITE), bodies.BATCH_ARCHIVE),
    Operation("POST", "/{object_type}/search", search.search_records, _records(READ), bodies.SEARCH, is_search=True),
    Operation("POST", "/{object_type}/gdpr-delete", objects.erase_record, _records(WRITE), bodies.GDPR_DELETE),
    Operation("POST", "/{object_type}/merge", objects.merge_records, _records(WRITE), bodies.MERGE),
    Operation("GET", "/{object_type}", objects.list_records, _records(READ)),
    Operation("POST", "/{object_type}", objects.create_record, _records(WRITE), bodies.CREATE),
    Operation("GET", "/{object_type}/{object_id}", objects.read_record, _records(READ)),
    Operation("PATCH", "/{object_type}/{object_id}", objects.update_record, _records(WRITE), bodies.UPDATE),
    Operation("DELETE", "/{object_type}/{object_id}", objects.archive_record, _records(WRITE)),
)
RECORD_ASSOCIATIONS = (
    Operation("GET", _ASSOCIATIONS, association_calls.list_of_record, _pairs(READ)),
    Operation("PUT", _DEFAULT, association_calls.link_default, _pairs(WRITE)),
    Operation("PUT", f"{_ASSOCIATIONS}/{{to_object_id}}", association_calls.link_labeled, _pairs(WRITE), bodies.LINK),
    Operation("DELETE", f"{_ASSOCIATIONS}/{{to_object_id}}", association_calls.unlink, _pairs(WRITE)),
)
_PAIR = "/{object_type}/{to_object_type}"
ASSOCIATIONS = (
    Operation("POST", f"{_PAIR}/batch/read", association_calls.batch_read, _pairs(READ), bodies.LINKS_READ),
    Operation("POST", f"{_PAIR}/batch/create", association_calls.batch_create, _pairs(WRITE), bodies.LINKS_CREATE),
    Operation(
        "POST",
        f"{_PAIR}/batch/associate/default",
        association_calls.batch_create_default,
        _pairs(WRITE),
        bodies.LINKS_CREATE_DEFAULT,
    ),
    Operation("POST", f"{_PAIR}/batch/archive", association_calls.batch_archive, _pairs(WRITE), bodies.LINKS_ARCHIVE),
    Operation("GET", f"{_PAIR}/labels", association_calls.list_labels, _pairs(READ)),
)
PROPERTIES = (
    Operation(
        "POST",
        "/{object_type}/batch/read",
        property_calls.batch_read_properties,
        _definitions(READ),
        bodies.PROPERTIES_READ,
    ),
    Operation("GET", "/{object_type}/groups", property_calls.list_groups, _definitions(READ)),
    Operation("POST", "/{object_type}/groups", property_calls.create_group, _definitions(WRITE), bodies.GROUP),
    Operation("GET", "/{object_type}/groups/{name}", property_calls.read_group, _definitions(READ)),
    Operation("PATCH", "/{object_type}/groups/{name}", property_calls.update_group, _definitions(WRITE), bodies.GROUP),
    Operation("DELETE", "/{object_type}/groups/{name}", property_calls.archive_group, _definitions(WRITE)),
    Operation("GET", "/{object_type}", property_calls.list_properties, _definitions(READ)),
    Operation("POST", "/{object_type}", property_calls.create_property, _definitions(WRITE), bodies.PROPERTY),
    Operation("GET", "/{object_type}/{name}", property_calls.read_property, _definitions(READ)),
    Operation("PATCH", "/{object_type}/{name}", property_calls.update_property, _definitions(WRITE), bodies.PROPERTY),
    Operation("DELETE", "/{object_type}/{name}", property_calls.archive_property, _definitions(WRITE)),
)
_RULE = "/{object_type}/{name}/rule-type/{rule_type}"
VALIDATIONS = (
    Operation("GET", "/{object_type}", schema_calls.list_validations, _definitions(READ)),
    Operation("GET", "/{object_type}/{name}", schema_calls.read_validations, _definitions(READ)),
    Operation("PUT", _RULE, schema_calls.put_validation, _definitions(WRITE), bodies.VALIDATION),
)
_STAGES = "/{object_type}/{pipeline_id}/stages"
PIPELINES = (
    Operation("GET", "/{object_type}", schema_calls.list_pipelines, _definitions(READ)),
    Operation("GET", "/{object_type}/{pipeline_id}", schema_calls.read_pipeline, _definitions(READ)),
    Operation("GET", _STAGES, schema_calls.list_stages, _definitions(READ)),
    Operation("GET", f"{_STAGES}/{{stage_id}}", schema_calls.read_stage, _definitions(READ)),
)
OWNERS = (
    Operation("GET", "", account_calls.list_owners, _fixed(access.OWNERS_READ)),
    Operation("GET", "/{owner_id}", account_calls.read_owner, _fixed(access.OWNERS_READ)),
)
_LISTS_READ, _LISTS_WRITE = _fixed(access.LISTS_READ), _fixed(access.LISTS_WRITE)
_BY_NAME = "/object-type-id/{object_type}/name/{list_name:path}"
LISTS = (
    Operation("GET", "", list_calls.read_lists, _LISTS_READ),
    Operation("POST", "", list_calls.create_list, _LISTS_WRITE, bodies.LIST),
    Operation("POST", "/search", list_calls.search_lists, _LISTS_READ, bodies.LIST_SEARCH),
    Operation("GET", _BY_NAME, list_calls.read_list_by_name, _LISTS_READ),
    Operation("GET", "/records/{object_type}/{record_id}/memberships", list_calls.read_lists_of_record, _LISTS_READ),
    Operation("GET", "/{list_id}", list_calls.read_list, _LISTS_READ),
    Operation("DELETE", "/{list_id}", list_calls.delete_list, _LISTS_WRITE),
    Operation("GET", "/{list_id}/memberships", list_calls.list_members, _LISTS_READ),
    Operation("PUT", "/{list_id}/memberships/add", list_calls.add_members, _LISTS_WRITE),
    Operation("PUT", "/{list_id}/memberships/remove", list_calls.remove_members, _LISTS_WRITE),
    Operation(
        "PUT", "/{list_id}/memberships/add-and-remove", list_calls.add_and_remove_members, _LISTS_WRITE, bodies.MEMBERS
    ),
)
SCHEMAS = (
    Operation("GET", "", schema_calls.list_schemas, _fixed(access.SCHEMAS_READ)),
    Operation("GET", "/{object_type}", schema_calls.read_schema, _definitions(READ)),
)
ACCOUNT = (
    Operation("GET", "/details", account_calls.show_details, _fixed(access.NOTHING)),
    Operation("GET", "/api-usage/daily/private-apps", account_calls.show_daily_usage, _fixed(access.NOTHING)),
)
TOKEN_INFO = Operation("POST", "", account_calls.show_token_info, _fixed(access.NOTHING))
TOKEN_INFO_PATH = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105  # an address, no password

# The old version's path, and how a dated one is spelled (hubspot-facts.md, "Versions and paths").
FAMILIES = (
    ("v3", "/crm/v3/objects", "/crm/objects/{}", OBJECTS),
    ("v4", "/crm/v4/objects", "/crm/objects/{}", RECORD_ASSOCIATIONS),
    ("v4", "/crm/v4/associations", "/crm/associations/{}", ASSOCIATIONS),
    ("v3", "/crm/v3/properties", "/crm/properties/{}", PROPERTIES),
    ("v3", "/crm/v3/property-validations", "/crm/property-validations/{}", VALIDATIONS),
    ("v3", "/crm/v3/pipelines", "/crm/pipelines/{}", PIPELINES),
    ("v3", "/crm/v3/owners", "/crm/owners/{}", OWNERS),
    ("v3", "/crm/v3/lists", "/crm/lists/{}", LISTS),
    ("v3", "/crm-object-schemas/v3/schemas", "/crm-object-schemas/{}/schemas", SCHEMAS),
    # Sync tools ask for these spellings of the same.
    ("v3", "/crm/v3/schemas", "/crm-object-schemas/{}/schemas", SCHEMAS),
    ("v4", "/crm/v4/objects", "/crm/objects/{}", OBJECTS),
    ("v3", "/account-info/v3", "/account-info/{}", ACCOUNT),
)
# The oldest versions' definitions, which a published tap reads before it reads any records.
LEGACY_PROPERTIES = {"/companies/v2/properties": "companies", "/properties/v1/deals/properties": "deals"}


def addresses() -> Iterator[RouteAddress]:
    """Every path of the API with all that can be done there; fixed parts come before variable ones."""
    found: dict[str, RouteAddress] = {}
    for old, old_prefix, dated_prefix, operations in FAMILIES:
        prefixes = [(old, old_prefix), *((date, dated_prefix.format(date)) for date in DATES)]
        for version, prefix in prefixes:
            for operation in operations:
                template = prefix + operation.template
                address = found.setdefault(template, RouteAddress(template, version, {}))
                address.operations[operation.method] = operation
    yield from found.values()
    for template, object_type in LEGACY_PROPERTIES.items():
        handler = partial(property_calls.list_legacy_properties, object_type)
        needs = access.list_definition_needs(object_type, custom=False, action=READ)
        yield RouteAddress(template, "v1", {"GET": Operation("GET", "", handler, _fixed(needs))})
    yield RouteAddress(TOKEN_INFO_PATH, "v2", {TOKEN_INFO.method: TOKEN_INFO})
