"""Pipelines: which stages each has, and the option that a stage's label means for a record of one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.properties import Property

# The property that holds a record's stage, and the one that holds its pipeline (HubSpot's guide to pipelines).
PIPELINE_OF = {"dealstage": "pipeline", "hs_pipeline_stage": "hs_pipeline"}


@dataclass(frozen=True)
class Pipeline:
    """A pipeline: its label, and the internal values of its stages."""

    label: str
    stages: frozenset[str]


async def read_pipelines(client: HubSpotClient, object_type: str) -> dict[str, Pipeline]:
    """Return the pipelines of an object type by id."""
    answer = await client.get(f"{client.paths.pipelines_root}/{object_type}")
    return {
        str(raw["id"]): Pipeline(str(raw["label"]), frozenset(str(stage["id"]) for stage in raw["stages"]))
        for raw in answer["results"]
    }


def narrow_to_pipeline(definition: Property, pipeline: Pipeline) -> Property:
    """Return a stage's property with the stages of one pipeline only: another one may use the same labels."""
    return replace(definition, options=tuple(one for one in definition.options if one.value in pipeline.stages))


def explain_stage(text: str, pipeline: Pipeline, definition: Property) -> str:
    """Say that a pipeline has no such stage, and which it has."""
    labels = ", ".join(one.label for one in narrow_to_pipeline(definition, pipeline).options)
    return f"{text!r} is not a stage of the record's pipeline, {pipeline.label}, which has: {labels}"
