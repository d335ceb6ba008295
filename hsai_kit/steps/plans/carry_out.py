"""A plan, shown and confirmed, becomes a receipt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hsai_kit.connection import Connection
from hsai_kit.errors import NothingApproved, PushRefused
from hsai_kit.runtime.background import Control, start
from hsai_kit.runtime.console import advise
from hsai_kit.runtime.progress import say
from hsai_kit.steps.plans.base import PlanBase
from hsai_kit.steps.plans.confirmation import Confirm, require_confirmation
from hsai_kit.steps.plans.executor import PlanExecutor

T = TypeVar("T")


def carry_out_plan(
    plan: PlanBase[Any],
    executor: PlanExecutor[Any, Any, Any, Any],
    receipt: Callable[[Connection, str], T],
    confirm: Confirm,
) -> T:
    """Show a plan, ask, and execute it; raises PushRefused where it was not confirmed, is too large or undecided."""
    say(str(plan))
    if plan.undoes and not plan.to_do:
        say(f"Nothing is left to take back of {plan.undoes}.")
    executor.refuse_while_busy()
    if why := plan.too_many or plan.no_approval_reason:
        message = f"{plan.nothing}: {why}"
        raise PushRefused(message) if plan.too_many else NothingApproved(message)
    require_confirmation(plan.confirmation, plan.where, plan.size, confirm, nothing=plan.nothing)

    async def work(control: Control) -> T:
        return receipt(executor.hub, await executor.execute(control))

    again = "Run the same again to go on"
    or_back = "." if plan.undoes else f", or take it back: {advise('undo(hub, open_receipt(hub))', 'hsai undo')}."
    return start(work, plan.progress).wait(f"{again}{or_back}")
