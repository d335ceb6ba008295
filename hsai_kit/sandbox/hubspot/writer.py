"""The rules for changing records: what may be written, and everything that follows from a write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hsai_kit.sandbox.hubspot import clock, values
from hsai_kit.sandbox.hubspot.errors import InvalidValue, conflict, invalid, invalid_values
from hsai_kit.sandbox.hubspot.records import RecordRow
from hsai_kit.sandbox.hubspot.validations import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hsai_kit.sandbox.hubspot.catalog import Catalog, Definition, ObjectKind
    from hsai_kit.sandbox.hubspot.history import History, WriteSource
    from hsai_kit.sandbox.hubspot.records import Records, SearchLag
    from hsai_kit.sandbox.hubspot.validations import Validations

    Changes = dict[str, str | None]

# Of a type's properties these are HubSpot's own, whatever their definitions say.
STAMPS_OF_CREATION = ("createdate", "hs_createdate")
STAMPS_OF_CHANGE = ("lastmodifieddate", "hs_lastmodifieddate")
NEVER_WRITABLE = frozenset({"hs_object_id", *STAMPS_OF_CHANGE})
PIPELINE_PROPERTIES = {"deals": ("pipeline", "dealstage")}  # of all others hs_pipeline and hs_pipeline_stage
ENFORCING_VERSION = "2026-09"  # the only one that holds API writes to the portal's required properties


class WriteRequest(NamedTuple):
    """What a request wants of one record: its properties as they came in JSON."""

    properties: Mapping[str, Any]
    version: str


class Writer:
    """Creates, changes, archives and merges records, keeping history, unique values and search in step."""

    def __init__(
        self,
        catalog: Catalog,
        records: Records,
        history: History,
        search_lag: SearchLag,
        validations: Validations,
        *,
        is_owner: Callable[[str], bool],
    ) -> None:
        self._catalog = catalog
        self._records = records
        self._history = history
        self._search_lag = search_lag
        self._validations = validations
        self._is_owner = is_owner

    def check(self, kind: ObjectKind, request: WriteRequest, row: RecordRow | None) -> Changes:
        """Return what would be stored for a request; `row` is the record as it is, None for a new one.

        Raises a 400 that names each property that cannot be written so, or a 409 for a value that is taken.
        """
        definitions = self._catalog.definitions(kind)
        current = {} if row is None else row.properties
        changes: Changes = {}
        problems: list[tuple[str, InvalidValue]] = []
        rules = self._validations.rules(kind)
        for name, raw in request.properties.items():
            try:
                changes[name] = self._accept(name, definitions.get(name), raw, current.get(name))
                if (value := changes[name]) is not None and value != current.get(name):
                    for rule in rules.get(name, ()):
                        check(rule, value)
            except InvalidValue as problem:
                problems.append((name, problem))
        problems += self._check_stage(kind, current, changes, is_new=row is None)
        if request.version == ENFORCING_VERSION:
            problems += _check_required(definitions.values(), changes, is_new=row is None)
            problems += _explain_conditional(self._validations.find_missing(kind, current, changes))
        if problems:
            raise invalid_values(problems)
        self._check_unique(kind, definitions, changes, row)
        return {name: value for name, value in changes.items() if value != current.get(name)}

    def _accept(self, name: str, definition: Definition | None, raw: Any, current: str | None) -> str | None:
        if definition is None:
            message = f'Property "{name}" does not exist'
            raise InvalidValue("PROPERTY_DOESNT_EXIST", message)
        if definition.read_only or name in NEVER_WRITABLE:
            message = f'"{name}" is a read only property; its value cannot be set.'
            raise InvalidValue("READ_ONLY_VALUE", message)
        value = values.normalize(definition, values.as_text(raw), current, self._is_owner)
        if name == "lifecyclestage" and _goes_back(definition, current, value):
            return current  # answered with success all the same; cleared first, it can be set to anything
        return value

    def _check_stage(
        self, kind: ObjectKind, current: Mapping[str, str], changes: Changes, *, is_new: bool
    ) -> list[tuple[str, InvalidValue]]:
        """Hold a stage to its record's pipeline; where none is named, a new record goes into the first.

        [?] HubSpot's wording is not known.
        """
        pipelines = self._catalog.pipelines(kind)
        pipeline_name, stage_name = PIPELINE_PROPERTIES.get(kind.name, ("hs_pipeline", "hs_pipeline_stage"))
        if not pipelines or not (is_new or {pipeline_name, stage_name} & changes.keys()):
            return []
        after = {**current, **changes}
        pipeline, stage = after.get(pipeline_name) or next(iter(pipelines)), after.get(stage_name)
        if stage and not after.get(pipeline_name):
            changes[pipeline_name] = pipeline
        if not stage or stage in pipelines.get(pipeline, ()):
            return []
        allowed = ", ".join(pipelines.get(pipeline, ()))
        message = f"{stage} is no stage of the pipeline {pipeline}. The allowed options are: [{allowed}]"
        return [(stage_name, InvalidValue("INVALID_OPTION", message))]

    def _check_unique(
        self, kind: ObjectKind, definitions: Mapping[str, Definition], changes: Changes, row: RecordRow | None
    ) -> None:
        for name, value in changes.items():
            if value is None or not definitions[name].unique:
                continue
            holder = self._records.holders(kind, name, [value]).get(value.lower())
            if holder is not None and (row is None or holder != row.id):
                raise conflict(kind.singular, holder)

    def create(self, kind: ObjectKind, changes: Changes, source: WriteSource) -> RecordRow:
        """Make a new record of changes that were checked."""
        definitions = self._catalog.definitions(kind)
        now = clock.now()
        number = self._records.next_id(kind)
        stamps = {name: now for name in (*STAMPS_OF_CREATION, *STAMPS_OF_CHANGE) if name in definitions}
        given = {name: value for name, value in changes.items() if value is not None}
        row = RecordRow(number, stamps | given | {"hs_object_id": str(number)}, now, now)
        self._history.note(kind, RecordRow(number, {}, now, now), dict(given), now, source)
        self._keep(kind, None, row)
        return row

    def update(self, kind: ObjectKind, row: RecordRow, changes: Changes, source: WriteSource) -> RecordRow:
        """Change a record by changes that were checked; none leaves it as it is, dates and all."""
        if not changes:
            return row
        definitions = self._catalog.definitions(kind)
        now = clock.now_after(row.updated_at)
        merged = row.properties | {name: now for name in STAMPS_OF_CHANGE if name in definitions} | changes
        after = row.with_properties({name: value for name, value in merged.items() if value is not None}, now)
        self._history.note(kind, row, changes, now, source)
        self._keep(kind, row, after)
        return after

    def archive(self, kind: ObjectKind, row: RecordRow) -> None:
        """Put a record into the recycling bin, where it holds no unique values."""
        now = clock.now_after(row.updated_at)
        self._records.put(kind, [RecordRow(row.id, row.properties, row.created_at, now, now)])
        self._records.release(kind, row.id)
        self._search_lag.note(kind, row.id, row)

    def merge(self, kind: ObjectKind, kept: RecordRow, gone: RecordRow, source: WriteSource) -> RecordRow:
        """Merge `gone` into `kept`, whose values win; what `kept` has not set comes from `gone`."""
        definitions = self._catalog.definitions(kind)
        taken: Changes = {
            name: value
            for name, value in gone.properties.items()
            if name in definitions
            and name not in kept.properties
            and not definitions[name].read_only
            and name not in NEVER_WRITABLE
        }
        self._records.remove(kind, gone.id)
        self._records.note_merge(kind, gone.id, kept.id)
        self._history.forget(kind, gone.id)
        self._search_lag.note(kind, gone.id, gone)
        return self.update(kind, kept, taken, source)

    def _keep(self, kind: ObjectKind, before: RecordRow | None, after: RecordRow) -> None:
        old = {} if before is None else before.properties
        for name, definition in self._catalog.definitions(kind).items():
            if definition.unique and old.get(name) != after.properties.get(name):
                self._records.hold(kind, name, after.id, old=old.get(name), new=after.properties.get(name))
        self._records.put(kind, [after])
        self._search_lag.note(kind, after.id, before)


def read_properties(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read the `properties` of a body or of one input; a 400 if they are no object."""
    properties = fields.get("properties")
    if not isinstance(properties, dict):
        raise invalid("Invalid input JSON: properties has to be an object.")
    return properties


def _explain_conditional(missing: Mapping[str, str]) -> list[tuple[str, InvalidValue]]:
    return [
        (
            name,
            InvalidValue(
                "MISSING_CONDITIONAL_REQUIRED_PROPERTY",
                f"{name} is required because of a conditional property rule based on [{controlling}]",
            ),
        )
        for name, controlling in missing.items()
    ]


def _goes_back(definition: Definition, current: str | None, value: str | None) -> bool:
    if current is None or value is None or current not in definition.options:
        return False
    return definition.options.index(value) < definition.options.index(current)


def _check_required(
    definitions: Iterable[Definition], changes: Changes, *, is_new: bool
) -> list[tuple[str, InvalidValue]]:
    names = [
        one.name
        for one in definitions
        if one.required and (changes.get(one.name) is None if is_new else changes.get(one.name, "") is None)
    ]
    return [(name, InvalidValue("MISSING_REQUIRED_PROPERTY", f"A value for {name} must be provided")) for name in names]
