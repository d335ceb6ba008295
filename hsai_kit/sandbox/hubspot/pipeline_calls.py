"""Pipelines and their stages over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.hubspot.errors import not_found
from hsai_kit.sandbox.hubspot.wire import HubSpotAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hsai_kit.sandbox.hubspot.crm import Crm
    from hsai_kit.sandbox.hubspot.wire import HubSpotCall


def list_pipelines(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show a type's pipelines with their stages; most types have none."""
    return HubSpotAnswer(200, {"results": _pipelines(crm, call)})


def read_pipeline(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show one pipeline."""
    return HubSpotAnswer(200, _with_id(_pipelines(crm, call), call.path["pipeline_id"]))


def list_stages(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show the stages of one pipeline."""
    return HubSpotAnswer(200, {"results": _with_id(_pipelines(crm, call), call.path["pipeline_id"])["stages"]})


def read_stage(crm: Crm, call: HubSpotCall) -> HubSpotAnswer:
    """Show one stage."""
    pipeline = _with_id(_pipelines(crm, call), call.path["pipeline_id"])
    return HubSpotAnswer(200, _with_id(pipeline["stages"], call.path["stage_id"]))


def _pipelines(crm: Crm, call: HubSpotCall) -> list[dict[str, Any]]:
    kind = crm.catalog.resolve(call.path["object_type"])
    rows = crm.database.execute("SELECT wire FROM hubspot_pipelines WHERE object_type = ? ORDER BY rowid", (kind.name,))
    return [json.loads(wire) for (wire,) in rows]


def _with_id(found: Iterable[dict[str, Any]], wanted: str) -> dict[str, Any]:
    for one in found:
        if one["id"] == wanted:
            return one
    raise not_found()
