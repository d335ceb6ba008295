"""Stages of pipelines: a label that two pipelines share means the stage of the record's own pipeline."""

from __future__ import annotations

import pytest

from hsai_kit import Assistant, ask, plan, pull, push, review

LABELS = ["Closed Won", "Registered", "Renewed"]
PARTNERS = "71402211"


@pytest.fixture
def deals(hub, colleague):
    """Three deals: in the sales pipeline, among the partners', and among renewals."""
    for one, pipeline, stage in (
        ("30000001", "default", "appointmentscheduled"),
        ("30000002", PARTNERS, "138022411"),
        ("30000003", "71402210", "138022401"),
    ):
        write_deal(colleague, one, pipeline, stage)
    frame = pull(hub, "deals", ["dealname", "dealstage"])
    return frame.loc[["30000001", "30000002", "30000003"]]


def write_deal(colleague, record_id, pipeline, stage):
    from hubspot.crm.objects import SimplePublicObjectInput as Values

    colleague._records.update("deals", record_id, Values(properties={"pipeline": pipeline, "dealstage": stage}))


def propose(hub, deals, label):
    output = {"kind": "choice", "options": LABELS, "to": "dealstage"}
    stage = Assistant(name="stage", instructions="Which stage?", prompt="Stage: {{ said }}", output=output)
    checked = review(ask(hub, deals.assign(said=label), stage))
    for one in deals.index:
        checked.edit(one, label)
    return checked


def test_a_shared_label_is_the_stage_of_the_records_own_pipeline(hub, deals, colleague):
    receipt = push(hub, propose(hub, deals, "Closed Won"), confirm=True)
    assert receipt.counts == {"written": 2}
    assert colleague.sees(deals.index, "dealstage", "deals") == {
        "30000001": "closedwon",
        "30000002": "138022413",
        "30000003": "138022401",
    }


def test_a_stage_of_another_pipeline_is_refused_in_words(hub, deals):
    planned = plan(hub, propose(hub, deals, "Renewed"))
    assert planned.counts == {"not allowed": 2, "will change": 1}
    reason = planned.frame.loc["30000001", "reason"]
    assert reason.startswith(
        "'Renewed' is not a stage of the record's pipeline, Sales Pipeline, which has: Appointment"
    )
    assert reason.endswith("Contract Sent, Closed Won, Closed Lost")
    assert planned.frame.loc["30000003", "after"] == "138022404"
