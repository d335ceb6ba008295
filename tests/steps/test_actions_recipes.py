"""What a recipe does once, in whichever workspace it runs."""

from __future__ import annotations

from hsai_kit import ask, connect, create_task, plan, pull, review, then
from hsai_kit.steps.actions import carry_out

TASK = create_task("Sort out {{ record_id }}", assignee="Dana").limit_to_once("recipe states")


def checked(hub):
    contacts = pull(hub, "contacts", ["city"], limit=3)
    run = ask(hub, contacts.assign(said="Texas"), "state-abbreviations", "State: {{ said }}")
    made = review(run, to="city")
    made.approve()
    return made


def test_two_analysts_who_run_the_same_recipe_at_once_make_one_task_for_each_record(hub, tmp_path, colleague):
    with connect(workspace=tmp_path / "another") as other:
        ready = plan(other, checked(other), TASK)
        assert then(hub, checked(hub), TASK, confirm=True).counts == {"done": 3}
        carry_out(other, ready, confirm=True)
        about = colleague.sees_about(["101", "102", "103"], "tasks")
        subjects = [task["hs_task_subject"] for made in about.values() for task in made]
        assert sum(one.startswith("Sort out") for one in subjects) == 3
        assert plan(other, checked(other), TASK).counts == {"done already": 3}
