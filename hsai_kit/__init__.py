"""Put a language model to work on HubSpot records: pull, ask, review, push, undo."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hsai_kit.assistants.assistant import Assistant
    from hsai_kit.assistants.prompt import Prompt
    from hsai_kit.errors import HsaiError
    from hsai_kit.steps.actions import (
        add_to_list,
        create_note,
        create_task,
        log_email,
        notify,
        open_receipt,
        plan,
        start_then,
        start_undo,
        then,
        undo,
        update,
    )
    from hsai_kit.steps.ask import ask, cancel, open_run, resume, runs, start_ask, start_resume
    from hsai_kit.steps.assistants.catalog import assistants, copy_agent, import_assistant
    from hsai_kit.steps.audit import log
    from hsai_kit.steps.connect import connect
    from hsai_kit.steps.evaluate import (
        Evaluation,
        Gate,
        Labels,
        evaluate,
        label,
        labels_from,
        open_evaluation,
        open_labels,
        read_labels,
        start_evaluate,
        with_examples,
    )
    from hsai_kit.steps.evaluate.report import report
    from hsai_kit.steps.evaluate.texts.human_rating import open_rating, rate
    from hsai_kit.steps.evaluate.texts.model_judge import judge, start_judge
    from hsai_kit.steps.evaluate.texts.text_checks import check_texts
    from hsai_kit.steps.pull import count, lists, object_types, open_pull, properties, pull, start_pull
    from hsai_kit.steps.push import push, receipts, start_push
    from hsai_kit.steps.recipe import evaluate_recipe, finish_recipe, read_recipe, run_recipe
    from hsai_kit.steps.review import remember, review
    from hsai_kit.tabular.provenance import records_left_out, with_labels

__all__ = [
    "Assistant",
    "Evaluation",
    "Gate",
    "HsaiError",
    "Labels",
    "Prompt",
    "add_to_list",
    "ask",
    "assistants",
    "cancel",
    "check_texts",
    "connect",
    "copy_agent",
    "count",
    "create_note",
    "create_task",
    "evaluate",
    "evaluate_recipe",
    "finish_recipe",
    "import_assistant",
    "judge",
    "label",
    "labels_from",
    "lists",
    "log",
    "log_email",
    "notify",
    "object_types",
    "open_evaluation",
    "open_labels",
    "open_pull",
    "open_rating",
    "open_receipt",
    "open_run",
    "plan",
    "properties",
    "pull",
    "push",
    "rate",
    "read_labels",
    "read_recipe",
    "receipts",
    "records_left_out",
    "remember",
    "report",
    "resume",
    "review",
    "run_recipe",
    "runs",
    "start_ask",
    "start_evaluate",
    "start_judge",
    "start_pull",
    "start_push",
    "start_resume",
    "start_then",
    "start_undo",
    "then",
    "undo",
    "update",
    "with_examples",
    "with_labels",
]

__version__ = "0.2.0"

_HOMES = {
    "Assistant": "hsai_kit.assistants.assistant",
    "Evaluation": "hsai_kit.steps.evaluate",
    "Gate": "hsai_kit.steps.evaluate",
    "HsaiError": "hsai_kit.errors",
    "Labels": "hsai_kit.steps.evaluate",
    "Prompt": "hsai_kit.assistants.prompt",
    "add_to_list": "hsai_kit.steps.actions",
    "ask": "hsai_kit.steps.ask",
    "assistants": "hsai_kit.steps.assistants.catalog",
    "cancel": "hsai_kit.steps.ask",
    "check_texts": "hsai_kit.steps.evaluate.texts.text_checks",
    "connect": "hsai_kit.steps.connect",
    "copy_agent": "hsai_kit.steps.assistants.catalog",
    "count": "hsai_kit.steps.pull",
    "create_note": "hsai_kit.steps.actions",
    "create_task": "hsai_kit.steps.actions",
    "evaluate": "hsai_kit.steps.evaluate",
    "evaluate_recipe": "hsai_kit.steps.recipe",
    "finish_recipe": "hsai_kit.steps.recipe",
    "import_assistant": "hsai_kit.steps.assistants.catalog",
    "label": "hsai_kit.steps.evaluate",
    "judge": "hsai_kit.steps.evaluate.texts.model_judge",
    "labels_from": "hsai_kit.steps.evaluate",
    "records_left_out": "hsai_kit.tabular.provenance",
    "lists": "hsai_kit.steps.pull",
    "log": "hsai_kit.steps.audit",
    "log_email": "hsai_kit.steps.actions",
    "notify": "hsai_kit.steps.actions",
    "object_types": "hsai_kit.steps.pull",
    "open_evaluation": "hsai_kit.steps.evaluate",
    "open_labels": "hsai_kit.steps.evaluate",
    "open_pull": "hsai_kit.steps.pull",
    "open_rating": "hsai_kit.steps.evaluate.texts.human_rating",
    "open_receipt": "hsai_kit.steps.actions",
    "open_run": "hsai_kit.steps.ask",
    "plan": "hsai_kit.steps.actions",
    "properties": "hsai_kit.steps.pull",
    "pull": "hsai_kit.steps.pull",
    "push": "hsai_kit.steps.push",
    "rate": "hsai_kit.steps.evaluate.texts.human_rating",
    "read_labels": "hsai_kit.steps.evaluate",
    "read_recipe": "hsai_kit.steps.recipe",
    "receipts": "hsai_kit.steps.push",
    "remember": "hsai_kit.steps.review",
    "report": "hsai_kit.steps.evaluate.report",
    "resume": "hsai_kit.steps.ask",
    "review": "hsai_kit.steps.review",
    "run_recipe": "hsai_kit.steps.recipe",
    "runs": "hsai_kit.steps.ask",
    "start_ask": "hsai_kit.steps.ask",
    "start_evaluate": "hsai_kit.steps.evaluate",
    "start_judge": "hsai_kit.steps.evaluate.texts.model_judge",
    "start_pull": "hsai_kit.steps.pull",
    "start_push": "hsai_kit.steps.push",
    "start_resume": "hsai_kit.steps.ask",
    "start_then": "hsai_kit.steps.actions",
    "start_undo": "hsai_kit.steps.actions",
    "then": "hsai_kit.steps.actions",
    "undo": "hsai_kit.steps.actions",
    "update": "hsai_kit.steps.actions",
    "with_examples": "hsai_kit.steps.evaluate",
    "with_labels": "hsai_kit.tabular.provenance",
}


# The room of the assistants has the name of a public function. Python sets a room as an attribute of the package once,
# when it is first imported, and would then find it in place of the function.
import_module("hsai_kit.assistants")
del globals()["assistants"]


def __getattr__(name: str) -> object:
    # Loaded when first used: the sandbox's own process and `hsai --help` need none of pandas and the clients.
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__


class _Package(ModuleType):
    """This package, where `assistants` stays the function although a room has that name."""

    @property
    def assistants(self) -> object:
        return __getattr__("assistants")

    @assistants.setter
    def assistants(self, room: ModuleType) -> None:
        """Keep the function where importing the room would put the room."""


sys.modules[__name__].__class__ = _Package


def _show_reviews_as_grids() -> None:
    """Have a notebook show the result of `review` as a grid; a terminal and a script show it as text."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if getattr(shell, "kernel", None) is None:
        return

    def show(checked: object) -> None:
        import_module("hsai_kit.widgets.shown").show(checked)

    # By name, so that nothing is imported before there is something to show.
    formatter = shell.display_formatter.ipython_display_formatter  # type: ignore[union-attr]
    formatter.for_type_by_name("hsai_kit.steps.review.review_result", "Review", show)


_show_reviews_as_grids()
