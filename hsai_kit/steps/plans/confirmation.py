"""A plan, shown and confirmed, becomes a receipt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from hsai_kit.connection import Connection
from hsai_kit.errors import NothingApproved, PushRefused
from hsai_kit.runtime.background import Control, start
from hsai_kit.runtime.console import advise, ask_text
from hsai_kit.runtime.progress import say
from hsai_kit.steps.plans.executor import PlanExecutor
from hsai_kit.steps.plans.plan import Confirmation, PlanBase
from hsai_kit.steps.plans.rollback import explain_rollback

T = TypeVar("T")
Confirm: TypeAlias = bool | int | None
"""True writes without asking, the portal's id as well where that is needed, False never, None asks."""


def carry_out_plan(
    plan: PlanBase[Any],
    executor: PlanExecutor[Any, Any, Any, Any],
    receipt: Callable[[Connection, str], T],
    confirm: Confirm,
) -> T:
    """Show a plan, ask, and execute it; raises PushRefused where it was not confirmed, is too large or undecided."""
    say(str(plan))
    if warning := explain_rollback(executor.hub):
        say(warning)
    if plan.undoes and not plan.to_do:
        say(f"Nothing is left to take back of {plan.undoes}.")
    executor.refuse_while_busy()
    if plan.too_many:
        message = f"{plan.nothing}: {plan.too_many}"
        raise PushRefused(message)
    if plan.is_undecided:
        code, command = "checked.approve(…)", f"hsai review {plan.run_id} --approve unflagged"
        message = f"{plan.nothing}: nothing is approved yet. Approve what is right first: {advise(code, command)}"
        raise NothingApproved(message)
    if problem := _find_problem(plan, plan.confirmation, confirm):
        message = f"{plan.nothing}: {problem}"
        raise PushRefused(message)

    async def work(control: Control) -> T:
        return receipt(executor.hub, await executor.execute(control))

    again = "Run the same again to go on"
    or_back = "." if plan.undoes else f", or take it back: {advise('undo(hub)', 'hsai undo')}."
    return start(work, plan.progress).wait(f"{again}{or_back}")


def _find_problem(plan: PlanBase[Any], needed: Confirmation, confirm: Confirm) -> str:
    """Ask where nothing was given, and say why the plan may not be carried out, "" where it may."""
    where = plan.where
    consent = advise(f"confirm={needed.confirm}", "--yes")
    if needed.kind == "portal id":
        consent = advise(f"confirm={needed.confirm}", f"--portal-id {needed.portal_id}")
    if needed.kind == "nothing":
        return ""
    if confirm is False:
        return f"confirm is False. {plan.size} in {where}."
    if confirm is True and needed.kind == "portal id":
        return (
            f"so many records in a live account take its id. If you mean {where}, look at the plan and then pass "
            f"{consent}."
        )
    if confirm is not None:
        is_fit = confirm is True or confirm == needed.portal_id
        given = advise(f"confirm is {confirm!r}", f"--portal-id is {confirm}")
        return "" if is_fit else f"{given}, and this is {where}. Connect to the portal you mean."
    said = ask_text(needed.question)
    if said is None:
        return f"nobody can be asked here. In a script, read the plan above first and then pass {consent}."
    if needed.accepts(said):
        return ""
    return f"what was typed is not the id of {where}." if needed.kind == "portal id" else "it was not confirmed."
