"""An assistant as a form: its model and settings, its instructions, its prompt, and what may come back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import ipywidgets

from hsai_kit.assistant.assistant import Assistant
from hsai_kit.connection import Connection
from hsai_kit.errors import AssistantError, HsaiError
from hsai_kit.llm.models import Model
from hsai_kit.steps.ask import read_refused_settings
from hsai_kit.widgets.blocks import Block, text
from hsai_kit.widgets.models import offered
from hsai_kit.widgets.output_form import OutputForm
from hsai_kit.widgets.panel import field, show_if
from hsai_kit.widgets.prompt_field import PromptField
from hsai_kit.widgets.view import MessageView

__all__ = ["AssistantForm"]

_OWN = "as the model has it"
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


class AssistantForm:
    """The fields of an assistant, each a control that a panel places; `on_change` is called at every change.

    Temperature and effort are there only where the model takes them, as far as that was found out; `taken` says so.
    """

    def __init__(self, on_change: Callable[[], object]) -> None:
        self._on_change = on_change
        self._filling = False
        self._models: Sequence[Model] = ()
        self._properties: Mapping[str, Mapping[str, str]] = {}
        self.model = field(ipywidgets.Dropdown(options=[("its own", "")], description="Model"))
        self.temperature = field(
            ipywidgets.Text(description="Temperature, 0 to 2", placeholder=_OWN, continuous_update=False)
        )
        self.effort = field(ipywidgets.Dropdown(options=[(_OWN, "")], description="Reasoning effort"))
        self.taken = MessageView()
        self.instructions = field(ipywidgets.Textarea(description="Instructions", rows=6), wide=True)
        self.prompt = PromptField(label="Prompt: what is asked about each record. Type {{ for a property")
        self.output = OutputForm(self._edited)
        self.options_of = field(ipywidgets.Combobox(description="Options of the property", placeholder="such as state"))
        for control in (self.model, self.temperature, self.effort, self.instructions, self.prompt):
            control.observe(lambda _: self._edited(), "value")

    def know(self, models: Sequence[Model], default: str, properties: Mapping[str, Mapping[str, str]]) -> None:
        """Offer these models, `default` where none is chosen, and these properties, each with its options."""
        self._models, self._properties = models, properties
        self.model.options = [(f"its own, or {default}", ""), *offered(models)]
        self.options_of.options = [name for name, options in properties.items() if options]
        self.output.know(list(properties))

    def fill(self, one: Assistant, prompt: str) -> None:
        """Show an assistant, with this prompt."""
        self._filling = True
        try:
            known = {value for _, value in self.model.options}
            self.model.value = one.model if one.model in known else ""
            self.temperature.value = "" if one.temperature is None else f"{one.temperature:g}"
            self._offer_efforts(one.reasoning_effort)
            self.instructions.value = one.instructions
            self.prompt.value = prompt
            self.output.fill(one.output)
        finally:
            self._filling = False

    def content(self, saved: Assistant, name: str) -> Assistant:
        """Return what stands in the fields, on the ground of what was saved; raises AssistantError."""
        warmth = self.temperature.value.strip().replace(",", ".")
        try:
            temperature = float(warmth) if warmth else None
        except ValueError:
            message = f"The temperature {warmth!r} is no number. Write one from 0 to 2, such as 0.2, or leave it empty."
            raise AssistantError(message) from None
        return saved.with_settings(
            name=name,
            model=self.model.value or (saved.model if self._gone(saved.model) else None),
            temperature=temperature,
            reasoning_effort=self.effort.value or None,
            instructions=self.instructions.value,
            prompt=self.prompt.value.strip() or None,
            output=self.output.content(),
        )

    def show_taken(self, hub: Connection, made: Assistant) -> None:
        """Show temperature and effort only where the model takes them, and say what ends."""
        told: list[Block] = []
        refused: dict[str, str] = {}
        if self._gone(made.model) and not hub.is_scripted:
            told.append(text(f"{made.model} has ended or may not be used here. Choose another model.", "warn"))
        else:
            refused = read_refused_settings(hub, None, made)
        for control, setting in ((self.temperature, "temperature"), (self.effort, "reasoning.effort")):
            show_if(control, setting not in refused or bool(control.value))
            if setting in refused:
                told.append(text(refused[setting], "muted"))
        efforts = [one.partition("=")[2] for one in refused if one.startswith("reasoning.effort=")]
        self._filling = True
        try:
            self._offer_efforts(made.reasoning_effort, efforts)
        finally:
            self._filling = False
        ending = next((one.end_notice for one in self._models if one.id == made.model), "")
        self.taken.show(*told, *([text(ending, "warn")] if ending else []))

    def load_options(self) -> None:
        """Make the answer a choice among the options of the property that is named; raises HsaiError."""
        name = self.options_of.value.strip()
        options = self._properties.get(name)
        if not options:
            known = ", ".join(one for one, there in self._properties.items() if there)
            message = f"The property {name!r} has no options to load. These have: {known}."
            raise HsaiError(message)
        self.output.load_options(list(options))
        self.output.single.to.value = name

    def _gone(self, model: str | None) -> bool:
        """Tell whether a model is the assistant's own and cannot be chosen here: it ended, or is not allowed."""
        return model is not None and model not in {value for _, value in self.model.options}

    def _offer_efforts(self, effort: str | None, refused: Iterable[str] = ()) -> None:
        left = [one for one in _EFFORTS if one == effort or one not in refused]
        self.effort.options = [(_OWN, ""), *((one, one) for one in left)]
        self.effort.value = effort or ""

    def _edited(self) -> None:
        if not self._filling:
            self._on_change()
