"""Owners and pipeline stages that an export names and the portal does not have yet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hsai_kit.sandbox.portal.model import Owner, Pipeline, PipelineStage
from hsai_kit.sandbox.portal.people import make_slug

if TYPE_CHECKING:
    from hsai_kit.sandbox.portal.model import PropertyDefinition, Record

_ADDRESS = re.compile(r"[^\s@<>(),;]+@[^\s@<>(),;]+\.\w+")


class OwnerBook:
    """Finds owners by id, e-mail address or name, and adds those that are missing."""

    def __init__(self, owners: list[Owner]) -> None:
        self.owners = owners
        self._by_word: dict[str, str] = {}
        for owner in owners:
            self._note(owner)

    def find(self, cell: str) -> str:
        """Give the id of the owner that a cell names, making one up where there is none."""
        word = " ".join(cell.split())
        address = _ADDRESS.search(word)
        email = address.group() if address else ""
        name = _ADDRESS.sub("", word).strip(" ()<>,;")
        for key in (word, email, name):
            if key and key.casefold() in self._by_word:
                return self._by_word[key.casefold()]
        return self._add(word, email, name)

    def _add(self, word: str, email: str, name: str) -> str:
        number = max(int(owner.id) for owner in self.owners) + 1
        owner_id = word if word.isdigit() and len(word) < 16 else str(number)
        first, _, last = (name if not word.isdigit() else f"Owner {word}").partition(" ")
        made_up = f"{make_slug(name) or 'owner'}.{owner_id}@sandbox.example"
        owner = Owner(owner_id, email or made_up, first, last, 20_000_000 + number)
        self.owners.append(owner)
        self._note(owner)
        self._by_word[word.casefold()] = owner.id
        return owner.id

    def _note(self, owner: Owner) -> None:
        for word in (owner.id, owner.email, f"{owner.first_name} {owner.last_name}".strip()):
            if word:
                self._by_word.setdefault(word.casefold(), owner.id)


def add_stages(
    pipelines: list[Pipeline], records: list[Record], names: tuple[str, str], stages: PropertyDefinition
) -> None:
    """Add to the pipelines what records hold and the portal lacks, under the labels that `stages` has.

    Where several pipelines have a label, a record's stage becomes the one of its own pipeline.
    """
    pipeline_property, stage_property = names
    labels = {option.value: option.label for option in stages.options}
    object_type = "deals" if stage_property == "dealstage" else "tickets"
    home = next(pipeline.id for pipeline in pipelines if pipeline.object_type == object_type)
    held = {stage.id: pipeline.id for pipeline in pipelines for stage in pipeline.stages}
    for record in records:
        pipeline_id = record.properties.get(pipeline_property) or home
        stage_id = record.properties.get(stage_property) or ""
        index = next((i for i, one in enumerate(pipelines) if one.id == pipeline_id), None)
        if index is None:
            pipelines.append(Pipeline(pipeline_id, object_type, pipeline_id, len(pipelines), ()))
            index = len(pipelines) - 1
        label = labels.get(stage_id, stage_id)
        own = next((stage.id for stage in pipelines[index].stages if stage.label == label), None)
        if own is not None:
            record.properties[stage_property] = own
        elif stage_id and stage_id not in held:
            held[stage_id] = pipeline_id
            pipelines[index] = _with_stage(pipelines[index], stage_id, label)


def _with_stage(pipeline: Pipeline, stage_id: str, label: str) -> Pipeline:
    words = label.lower()
    closed = any(word in words for word in ("closed", "won", "lost", "churned", "done", "solved"))
    metadata = {"isClosed": str(closed).lower()}
    if pipeline.object_type == "deals":
        won = 1.0 if "won" in words else 0.5
        metadata["probability"] = str(0.0 if closed and won != 1.0 else won)
    else:
        metadata["ticketState"] = "CLOSED" if closed else "OPEN"
    stage = PipelineStage(stage_id, label, len(pipeline.stages), metadata)
    return Pipeline(
        pipeline.id, pipeline.object_type, pipeline.label, pipeline.display_order, (*pipeline.stages, stage)
    )
