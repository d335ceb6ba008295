"""The panel that says whether an assistant may run alone, and keeps what was found as a report."""

from __future__ import annotations

from pathlib import Path

import ipywidgets

from hsai_kit.errors import HsaiError
from hsai_kit.steps.evaluate import Evaluation, Gate, GateVerdict
from hsai_kit.steps.evaluate.report import report
from hsai_kit.steps.evaluate.texts.rating_session import RatingSession
from hsai_kit.widgets.blocks import text, ticks
from hsai_kit.widgets.panel import Panel, field, row, show_if
from hsai_kit.widgets.view import MessageView

__all__ = ["GatePanel"]

_NOBODY = "nobody"


class GatePanel(Panel):
    """Judges what was evaluated by a gate and saves the report; `value` is the Verdict that `Gate.judge()` returns.

    `evaluation` is an Evaluation or an EvaluatePanel; `rated` a RatingSession or a RatingPanel, for the report.
    """

    value: GateVerdict | None

    def __init__(self, evaluation: Panel | Evaluation | None, rated: Panel | RatingSession | None = None) -> None:
        super().__init__("Gate and report")
        self._evaluation: Evaluation | None = None
        self._rated: RatingSession | None = None
        self._verdicts: dict[str, GateVerdict] = {}
        self.which = field(ipywidgets.Dropdown(options=[""], description="Who is judged"))
        self.right = _figure("Right, % at least", "97")
        self.valid = _figure("Valid, % at least", "99")
        self.good = _figure("Good by those who rate, % at least", "")
        self.usd = _figure("USD per 1,000 records, at most", "")
        self.baseline = field(ipywidgets.Dropdown(options=[(_NOBODY, "")], description="No worse than"))
        self.margin = _figure("by more than, points", "1")
        self.judge = self.button("Judge", self._judge, style="primary")
        self.export = self.button("Save the report", self._export)
        self._shown = MessageView()
        self.fill(
            row(self.which, self.right, self.valid, self.good),
            row(self.usd, self.baseline, self.margin),
            row(self.judge, self.export),
            self._shown,
        )
        self.which.observe(lambda _: self._offer_baselines(), "value")
        self.baseline.observe(lambda _: show_if(self.margin, bool(self.baseline.value)), "value")
        show_if(self.margin, there=False)
        show_if(self.good, there=False)
        self._advise()
        self.refresh()
        self.take(evaluation, self._take)
        self.take(rated, self._take_rated)

    def allowed(self, control: ipywidgets.Widget) -> bool:  # noqa: ARG002 -- both want the same
        """Judge and save what was evaluated."""
        return not self.busy and self._evaluation is not None

    def _take(self, evaluation: Evaluation | None) -> None:
        self._evaluation = evaluation
        self._verdicts.clear()
        self._shown.clear()
        self.value = None
        self.which.options = evaluation.names if evaluation is not None else [""]
        self._offer_baselines()
        self._advise()
        self.refresh()

    def _take_rated(self, session: RatingSession | None) -> None:
        self._rated = session
        show_if(self.good, session is not None)

    def _offer_baselines(self) -> None:
        others = [one for one in self.which.options if one and one != self.which.value]
        self.baseline.options = [(_NOBODY, ""), *((one, one) for one in others)]

    def _judge(self) -> None:
        evaluation, usd = self._evaluation, _number(self.usd)
        if evaluation is None:
            return
        good = _share(self.good) if self._rated is not None else None
        gate = Gate(
            min_right=_share(self.right),
            min_valid=_share(self.valid),
            min_good=good,
            max_usd_per_1000=usd,
            no_worse_than=self.baseline.value or None,
            margin=(_share(self.margin) or 0.0) if self.baseline.value else 0.0,
        )
        verdict = gate.judge(evaluation, self.which.value, texts=self._rated if good is not None else None)
        self._verdicts[verdict.assistant] = verdict
        told = (
            "may run alone by this gate"
            if verdict.is_passed
            else "did not pass: a person looks before anything is written"
        )
        self._shown.show(
            text(f"{verdict.assistant} {told}.", "good" if verdict.is_passed else "bad"),
            ticks("Why", [(reason.met, reason.said) for reason in verdict.reasons], wide=True),
        )
        self.value = verdict
        self._advise()

    def _export(self) -> None:
        evaluation = self._evaluation
        if evaluation is None:
            return
        rated = [self._rated] if self._rated is not None and self._rated.raters else []
        path = Path(evaluation.store.path).parent / f"{evaluation.id}.html"
        self.work(
            "Writing the report …",
            lambda: report(evaluation, *self._verdicts.values(), *rated, title="Evaluation").save(path),
            lambda made: self.remark(
                f"Saved as {made}. It stands alone: open it in a browser, or print it.", tone="good"
            ),
        )

    def _advise(self) -> None:
        if self._evaluation is None:
            self.next_step("Evaluate first. A gate then says whether what was measured is enough to run alone.")
        elif self.value is None:
            self.next_step("Say what is asked for and judge. A gate goes by what is sure, not by what may be.")
        else:
            self.next_step("Save the report for whoever decides, or judge another.")


def _figure(label: str, value: str) -> ipywidgets.Text:
    made: ipywidgets.Text = field(ipywidgets.Text(value, description=label, placeholder="not asked for"))
    return made


def _number(control: ipywidgets.Text) -> float | None:
    said = control.value.strip().removesuffix("%").strip().replace(",", ".")
    try:
        return float(said) if said else None
    except ValueError:
        message = f"{control.description}: {said!r} is no number. Write one such as 97, or leave it empty."
    raise HsaiError(message)


def _share(control: ipywidgets.Text) -> float | None:
    found = _number(control)
    if found is not None and not 0 <= found < 100:
        message = f"{control.description}: {found:g} is none. Write a number from 0 to below 100, such as 97."
        raise HsaiError(message)
    return None if found is None else found / 100
