"""The panel that evaluates: assistants and models side by side over the same records, and what came out."""

from __future__ import annotations

from typing import Any

import ipywidgets
import pandas as pd

from hsai_kit.assistant.assistant import Assistant, list_assistants, load_assistant
from hsai_kit.assistant.output_schema import Output
from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.paging.frame_source import FrameSource
from hsai_kit.runtime.background import Handle
from hsai_kit.steps.ask import open_run
from hsai_kit.steps.evaluate import Evaluation, LabelSession, forecast_evaluation, start_evaluate
from hsai_kit.widgets.compared import flipped, told
from hsai_kit.widgets.costs import Costs
from hsai_kit.widgets.grid import Grid
from hsai_kit.widgets.models import offered
from hsai_kit.widgets.panel import Panel, field, row, show_if
from hsai_kit.widgets.underway import UnderWay
from hsai_kit.widgets.view import MessageView

__all__ = ["EvaluatePanel"]

_NO_LABELS = "none: validity, price and time only"


class EvaluatePanel(Panel):
    """Measures assistants with models over the same records; `value` is the Evaluation that `evaluate()` returns.

    `hub` and `frame` are a Connection and a DataFrame, or the panels that give them; `assistant` the one that is chosen
    first, or an AssistantPanel, whose changes can be measured before they are saved. Right answers are a column of the
    frame or a set that was labelled before; `labelling` is one that is chosen first, or a LabelPanel in which it grows.
    `prompt` is asked by all of them in place of their own.
    """

    value: Evaluation | None

    def __init__(
        self,
        hub: Panel | Connection | None,
        frame: Any = None,
        assistant: Any = None,
        labelling: Any = None,
        *,
        prompt: str | None = None,
    ) -> None:
        super().__init__("Evaluate")
        self._hub: Connection | None = None
        self._frame: pd.DataFrame | None = None
        self._draft: Assistant | None = None
        self._followed: list[str] = []
        self._labelling: LabelSession | None = None
        self._prompt = prompt
        self.assistants = field(ipywidgets.SelectMultiple(description="Assistants, several with Ctrl or ⌘"))
        self.models = field(ipywidgets.SelectMultiple(description="Models; none: each one's own"))
        self.labels = field(ipywidgets.Dropdown(options=[(_NO_LABELS, "")], description="Right answers"))
        self.measured = field(ipywidgets.Dropdown(options=[""], description="Field that is measured"))
        self.repeats = field(ipywidgets.BoundedIntText(1, min=1, max=10, description="Ask each so many times"))
        self.costs = Costs(self)
        self.begin = self.button("Evaluate", self._begin, style="primary")
        self.going = UnderWay(self, self._advise)
        self._found = MessageView()
        self._flips = ipywidgets.VBox()
        self.fill(
            row(self.assistants, self.models),
            row(self.labels, self.measured, self.repeats, self.costs.budget),
            self.costs.view,
            self.costs.agreed,
            row(self.begin, self.going.pause, self.going.stop),
            self.going.bar,
            self.going.numbers,
            self.going.newest,
            self._found,
            self._flips,
        )
        self.assistants.observe(lambda _: self.attempt(self._offer_fields), "value")
        for control in (self.assistants, self.models, self.labels, self.measured, self.repeats):
            control.observe(lambda _: self.attempt(self._look), "value")
        self._offer_fields()
        self._advise()
        self.refresh()
        self.take(hub, self._take_hub)
        self.take(frame, self._take_frame)
        self.take(assistant, self._take_assistant)
        self.take(labelling, self._take_labelling)
        if isinstance(labelling, Panel) and labelling.has_trait("given"):
            labelling.observe(lambda _: self.attempt(self._labelled), "given")

    def allowed(self, control: ipywidgets.Widget) -> bool:
        """Evaluate what is chosen once it is known what that costs; pause and stop it while it goes on."""
        if control in (self.going.pause, self.going.stop):
            return self.going.running
        return not self.busy and self.costs.known

    def _take_hub(self, hub: Connection | None) -> None:
        self._hub = hub
        self._list_assistants()
        self._list_labels()
        self._look()
        if hub is not None:
            self.work("Reading the models …", hub.models, self._take_models)

    def _take_models(self, models: Any) -> None:
        self.remark()
        self.models.options = offered(models)

    def _take_frame(self, frame: pd.DataFrame | None) -> None:
        self._frame = frame
        self._list_labels()
        self._look()

    def _take_assistant(self, assistant: str | Assistant | None) -> None:
        self._draft = assistant if isinstance(assistant, Assistant) else None
        self._list_assistants()
        wanted = assistant.name if isinstance(assistant, Assistant) else assistant or ""
        followed, self._followed = self._followed, [wanted] if wanted in dict(self._offered()).values() else []
        # Whoever chose others keeps them.
        if list(self.assistants.value) in ([], followed):
            self.assistants.value = self._followed
        self._look()

    def _take_labelling(self, labelling: LabelSession | None) -> None:
        self._labelling = labelling
        self._labelled()

    def _labelled(self) -> None:
        """Choose the set that grows, where nothing else was chosen, and count anew as it does."""
        labelling = self._labelling
        self._list_labels()
        if labelling is None or self.going.running:
            return
        chosen = (labelling.name, labelling.field)
        if self.labels.value == chosen:
            self._look()
        elif not self.labels.value and chosen in [value for _, value in self.labels.options]:
            self.labels.value = chosen

    def _offered(self) -> list[tuple[str, str]]:
        """List the workspace's assistants, and the one above as it stands where that is not saved."""
        if self._hub is None:
            return []
        saved = list_assistants(self._hub.workspace)
        options = [(one, one) for one in saved]
        draft = self._draft
        if draft and (
            draft.name not in saved or load_assistant(self._hub.workspace, draft.name).version != draft.version
        ):
            options.append((f"{draft.name}, as it stands above", ""))
        return options

    def _list_assistants(self) -> None:
        options = self._offered()
        if list(self.assistants.options) != options:
            chosen = [one for one in self.assistants.value if one in dict(options).values()]
            self.assistants.options = options
            self.assistants.value = chosen

    def _list_labels(self) -> None:
        kept = list(self._hub.store.labels.names()) if self._hub is not None else []
        chosen = self.labels.value
        options = [
            (_NO_LABELS, ""),
            *((f"labels {name}" + (f", {of}" if of != "answer" else ""), (name, of)) for name, of in kept),
            *((f"column {name}", str(name)) for name in ([] if self._frame is None else self._frame.columns)),
        ]
        if list(self.labels.options) != options:
            self.labels.options = options
            self.labels.value = chosen if chosen in [value for _, value in options] else ""

    def _chosen(self) -> list[str | Assistant]:
        """Return what is chosen; the one above is the only one without a name in the list."""
        drafts = [self._draft] if self._draft is not None else []
        return [one for value in self.assistants.value for one in ([value] if value else drafts)]

    def _offer_fields(self) -> None:
        chosen, hub = self._chosen(), self._hub
        made = [load_assistant(hub.workspace, one) if isinstance(one, str) else one for one in chosen] if hub else []
        fields = [
            name for name in (made[0].output.fields if made else ()) if all(name in m.output.fields for m in made)
        ]
        if list(self.measured.options) != fields:
            self.measured.options = fields or [""]
        show_if(self.measured, len(fields) > 1)

    def _asked(self) -> dict[str, Any]:
        """Return what `evaluate` and `forecast` take, as it is chosen."""
        models: list[str | None] = list(self.models.value) or [None]
        kept = self.labels.value if isinstance(self.labels.value, tuple) else None
        return {
            "assistants": [(one, model) for one in self._chosen() for model in models],
            "labels": kept[0] if kept else self.labels.value or None,
            "field": kept[1] if kept else self.measured.value or None,
            "prompt": self._prompt,
            "repeats": int(self.repeats.value),
        }

    def _look(self) -> None:
        """Work out anew what it would cost and what it could show."""
        hub, frame, asked = self._hub, self._frame, self._asked()
        if self.going.running:
            return
        self.begin.description = "Evaluate"
        if hub is None or frame is None or not asked["assistants"]:
            self.costs.look(None)
        else:
            self.costs.look(hub, lambda: _priced(hub, frame, asked))
        self._advise()
        self.refresh()

    def ended(self) -> None:
        """Work out the costs anew where that had to wait."""
        if not self.costs.look_again():
            self._advise()
            self.refresh()

    def went_wrong(self, problem: BaseException) -> None:
        """Show an error in words, and no costs that hold no longer."""
        super().went_wrong(problem)
        self.costs.failed()

    def _begin(self) -> None:
        hub, frame = self._hub, self._frame
        if hub is None or frame is None:
            message = "Connect and get records first."
            raise HsaiError(message)
        asked, budget, yes = self._asked(), self.costs.usd, self.costs.yes
        self._found.clear()
        self._flips.children = []
        self.work(
            "Getting ready …",
            lambda: start_evaluate(hub, frame, **asked, budget_usd=budget, confirm=yes),
            lambda handle: self._follow(hub, handle),
        )

    def _follow(self, hub: Connection, handle: Handle[Evaluation]) -> None:
        self.going.follow(handle, self._came, places=hub.llm.concurrency, output=_Outputs(hub).of)

    def _came(self, evaluation: Evaluation) -> None:
        self.going.end(well=evaluation.complete)
        self.remark()
        self._found.show(*told(evaluation))
        flips = flipped(evaluation)
        self._flips.children = [] if flips is None else [Grid(FrameSource(flips), label="Where they differ", page=10)]
        self.begin.description = "Evaluate" if evaluation.complete else "Go on with the rest"
        self.value = evaluation
        self._advise()

    def _advise(self) -> None:
        self.going.show_buttons()
        self.costs.show_yes(there=not self.going.running)
        if self.going.running:
            self.next_step(self.going.advice)
        elif self._hub is None:
            self.next_step("Connect first.")
        elif self._frame is None:
            self.next_step("Pull the records that are to be asked about first.")
        elif not self._chosen():
            self.next_step("Choose the assistants and models that are to be compared, and the right answers.")
        elif self.begin.description != "Evaluate":
            self.next_step("Not all was asked. Go on with the rest: nothing that has an answer is paid for again.")
        elif self.problem:
            self.next_step("Mend what is said below.")
        elif self.value is None:
            self.next_step("Read what it will cost and can show, set a budget if you like, and evaluate.")
        elif self._flips.children:
            self.next_step("Look at the questions that one gets right and another wrong, then judge by a gate.")
        else:
            self.next_step("Judge it by a gate, or compare it with another.")


class _Outputs:
    """What reads the answers of each run under way."""

    def __init__(self, hub: Connection) -> None:
        self._hub = hub
        self._known: dict[str, Output] = {}

    def of(self, run_id: str) -> Output | None:
        """Return it for a run, None before there is one."""
        if run_id and run_id not in self._known:
            self._known[run_id] = open_run(self._hub, run_id).assistant.output
        return self._known.get(run_id)


def _priced(hub: Connection, frame: pd.DataFrame, asked: dict[str, Any]) -> tuple[tuple[str, ...], bool]:
    found = forecast_evaluation(hub, frame, **asked)
    return found.lines, found.needs_yes
