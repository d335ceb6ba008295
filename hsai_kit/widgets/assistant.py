"""The panel that writes and tries an assistant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ipywidgets
import pandas as pd

from hsai_kit.assistant import Assistant, load, names
from hsai_kit.connection import Connection
from hsai_kit.errors import AssistantError, HsaiError
from hsai_kit.frames import origin
from hsai_kit.library import assistants, copy_agent
from hsai_kit.llm.models import Model
from hsai_kit.prompt import Prompt
from hsai_kit.run import Run
from hsai_kit.steps.ask import ask, different, refused_settings
from hsai_kit.steps.pull import properties
from hsai_kit.versions import changed_settings, save_version
from hsai_kit.widgets.blocks import Block, code, frame_table, text
from hsai_kit.widgets.output_form import OutputForm
from hsai_kit.widgets.panel import Panel, field, row
from hsai_kit.widgets.prompt_field import PromptField
from hsai_kit.widgets.view import MessageView

__all__ = ["AssistantPanel"]

_OWN = "as the model has it"
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_TRIED = 10


@dataclass(frozen=True)
class _Known:
    """What was read of both sides: the agents of the account, the models, and the properties of the records."""

    agents: list[tuple[str, str]]
    models: list[Model]
    properties: dict[str, dict[str, str]]


class AssistantPanel(Panel):
    """Chooses, writes, tries and saves an assistant; `value` is the Assistant as it stands in the fields.

    `hub` is a Connection or a ConnectPanel, `frame` the records that the prompt is previewed and tried on, or a
    RecordsPanel; `name` the assistant that is shown first, `prompt` what takes the place of its own there.
    """

    value: Assistant | None

    def __init__(self, hub: Panel | Connection | None, frame: Any = None, *, name: str = "", prompt: str = "") -> None:
        super().__init__("Assistant")
        self._hub: Connection | None = None
        self._frame: pd.DataFrame | None = None
        self._saved: Assistant | None = None
        self._name = name
        self._first_prompt = prompt
        self._known = _Known([], [], {})
        self._filling = False
        self.which = field(ipywidgets.Dropdown(options=[("connect first", "")], description="Assistant"))
        self.model = field(ipywidgets.Dropdown(options=[("its own", "")], description="Model"))
        self.temperature = field(
            ipywidgets.Text(description="Temperature, 0 to 2", placeholder=_OWN, continuous_update=False)
        )
        self.effort = field(ipywidgets.Dropdown(options=[(_OWN, "")], description="Reasoning effort"))
        self.instructions = field(ipywidgets.Textarea(description="Instructions", rows=6), wide=True)
        self.prompt = PromptField(label="Prompt: what is asked about each record. Type {{ for a property")
        self.output = OutputForm(self._edited)
        self.options_of = field(ipywidgets.Combobox(description="Options of the property", placeholder="such as state"))
        self.new_name = field(ipywidgets.Text(description="Save as", placeholder="a-z, 0-9, - and _"))
        self.load_options = self.button("Load its options", self._load_options)
        self.copy = self.button("Copy it into the workspace", self._copy)
        self.try_it = self.button(f"Try on {_TRIED}", self._try, style="primary")
        self.save = self.button("Save as a new version", self._save)
        self._taken = MessageView()
        self._preview = MessageView()
        self._changes = MessageView()
        self._tried = MessageView()
        self.fill(
            row(self.which, self.model, self.temperature, self.effort, self.copy),
            self._taken,
            self.instructions,
            self.prompt,
            self._preview,
            self.output,
            row(self.options_of, self.load_options),
            row(self.new_name, self.save, self.try_it),
            self._changes,
            self._tried,
        )
        self.which.observe(lambda _: self.attempt(self._chosen), "value")
        for control in (self.model, self.temperature, self.effort, self.instructions, self.prompt, self.new_name):
            control.observe(lambda _: self._edited(), "value")
        self.next_step("Connect first.")
        self.refresh()
        self.take(hub, self._take_hub)
        self.take(frame, self._take_frame)

    def allowed(self, control: ipywidgets.Widget) -> bool:
        """Let a try have records first, saving something to save, and copying an agent of the account."""
        if self.busy or self._hub is None:
            return False
        if control is self.copy:
            return self._agent is not None
        if control is self.try_it:
            return self.value is not None and self._frame is not None and bool(self.value.prompt)
        return self.value is not None if control is self.save else True

    @property
    def _agent(self) -> str | None:
        return self.which.value[1:] if str(self.which.value).startswith("@") else None

    def _take_hub(self, hub: Connection | None) -> None:
        self._hub = hub
        if hub is None:
            self.next_step("Connect first.")
            self.refresh()
            return
        self.work("Reading assistants and models …", lambda: self._look(hub), self._looked)

    def _look(self, hub: Connection) -> _Known:
        listed = assistants(hub)
        agents = listed[listed["where"] == "account"]
        kind = origin(self._frame).object_type if self._frame is not None else ""
        known = properties(hub, kind or "contacts")
        try:
            models = hub.models()
        except HsaiError:
            # A server that only speaks like OpenAI may have no list; the first question will tell.
            models = []
        return _Known(
            [
                (f"{name or one} (in the account)", f"@{one}")
                for name, one in zip(agents["name"], agents["id"], strict=True)
            ],
            models,
            dict(zip(known["name"], known["options"], strict=True)),
        )

    def _looked(self, known: _Known) -> None:
        self._known = known
        self._remarks.clear()
        hub = self._hub
        if hub is None:
            return
        default = hub.workspace.settings.openai.default_model
        self.model.options = [(f"its own, or {default}", ""), *((_marked(one), one.id) for one in _live(known.models))]
        self.options_of.options = [name for name, options in known.properties.items() if options]
        self.output.know(list(known.properties))
        self._list_assistants(self._name)

    def _list_assistants(self, name: str) -> None:
        if self._hub is None:
            return
        own = names(self._hub.workspace)
        self._filling = True
        self.which.options = [*((one, one) for one in own), *self._known.agents]
        self.which.value = name if name in own else own[0] if own else self._known.agents[0][1]
        self._filling = False
        self._chosen()

    def _chosen(self) -> None:
        if self._filling or self._hub is None:
            return
        if self._agent is not None:
            self.next_step("This one is in the account: copy it into the workspace, where it has versions.")
            self.value = None
        else:
            self._saved = load(self._hub.workspace, str(self.which.value))
            self._show(self._saved)
        (self.copy.remove_class if self._agent else self.copy.add_class)("hsai-hidden")
        self.refresh()

    def _show(self, one: Assistant) -> None:
        self._filling = True
        try:
            self.new_name.value = one.name
            known = {value for _, value in self.model.options}
            self.model.value = one.model if one.model in known else ""
            self.temperature.value = "" if one.temperature is None else f"{one.temperature:g}"
            self._offer_efforts(one.reasoning_effort)
            self.instructions.value = one.instructions
            self.prompt.value = (self._first_prompt if one.name == self._name else "") or one.prompt or ""
            self.output.fill(one.output)
        finally:
            self._filling = False
        self._tried.clear()
        self._edited()

    def _offer_efforts(self, effort: str | None, refused: tuple[str, ...] = ()) -> None:
        self.effort.options = [(_OWN, ""), *((one, one) for one in _EFFORTS if one == effort or one not in refused)]
        self.effort.value = effort or ""

    def _edited(self) -> None:
        if self._filling or self._saved is None or self._hub is None:
            return
        self.attempt(self._read)
        self.refresh()

    def _read(self) -> None:
        """Make the assistant of what stands in the fields, and show what that means."""
        self._filling = True
        try:
            made = self._made()
            self._show_settings(made)
        except HsaiError:
            self.value = None
            raise
        finally:
            self._filling = False
        self.value = made
        self._show_changes(made)
        self._show_preview(made)

    def _made(self) -> Assistant:
        if self._saved is None:
            message = "Choose an assistant first."
            raise AssistantError(message)
        warmth = self.temperature.value.strip().replace(",", ".")
        try:
            temperature = float(warmth) if warmth else None
        except ValueError:
            message = f"The temperature {warmth!r} is no number. Write one from 0 to 2, such as 0.2, or leave it empty."
            raise AssistantError(message) from None
        return self._saved.changed(
            name=self.new_name.value.strip() or self._saved.name,
            model=self.model.value or (self._saved.model if self._gone(self._saved.model) else None),
            temperature=temperature,
            reasoning_effort=self.effort.value or None,
            instructions=self.instructions.value,
            prompt=self.prompt.value.strip() or None,
            output=self.output.content(),
        )

    def _gone(self, model: str | None) -> bool:
        """Tell whether a model is the assistant's own and cannot be chosen here: it ended, or is not allowed."""
        return model is not None and model not in {value for _, value in self.model.options}

    def _show_settings(self, made: Assistant) -> None:
        """Show temperature and effort only where the model takes them, as far as that was found out."""
        if self._hub is None:
            return
        told: list[Block] = []
        if self._gone(made.model) and not self._hub.scripted:
            told.append(text(f"{made.model} has ended or may not be used here. Choose another model.", "warn"))
            refused: dict[str, str] = {}
        else:
            refused = refused_settings(self._hub, None, made)
        for control, setting in ((self.temperature, "temperature"), (self.effort, "reasoning.effort")):
            taken = setting not in refused or bool(control.value)
            (control.remove_class if taken else control.add_class)("hsai-hidden")
            if setting in refused:
                told.append(text(refused[setting], "muted"))
        values = tuple(one.partition("=")[2] for one in refused if one.startswith("reasoning.effort="))
        self._offer_efforts(made.reasoning_effort, values)
        ending = next((one.warning for one in self._known.models if one.id == made.model), "")
        self._taken.show(*told, *([text(ending, "warn")] if ending else []))

    def _show_changes(self, made: Assistant) -> None:
        if self._saved is None or self._hub is None:
            return
        if made.name != self._saved.name and made.name in names(self._hub.workspace):
            self._changes.show(
                text(f"There is an assistant {made.name!r} already; saving makes a new version of it.", "warn")
            )
            return
        changes = changed_settings(self._saved, made)
        if not changes:
            self._changes.show(text(f"As saved: version {self._saved.version}.", "muted"))
            return
        title = f"Changed since version {self._saved.version}"
        self._changes.show(code("\n".join(line for one in changes for line in one.lines()), title))

    def _show_preview(self, made: Assistant) -> None:
        if self._frame is None:
            self._preview.show(text("With records, the prompt is shown here as it will be asked.", "muted"))
            self.next_step("Pull records to see the prompt over five of them and to try it.")
            return
        if not made.prompt:
            self._preview.show(text("Write a prompt with at least one token, such as {{ state }}.", "muted"))
            self.next_step("Write a prompt.")
            return
        asked = Prompt(made.prompt).preview(self._frame, 5)["prompt"]
        self._preview.show(
            text("Asked of the first five records:", "muted"),
            *(
                code("(blank: not asked)" if pd.isna(said) else str(said), f"record {one}", beside=True)
                for one, said in asked.items()
            ),
        )
        self.next_step("Try it on ten records, save it as a new version, or go on to ask all.")

    def _take_frame(self, frame: pd.DataFrame | None) -> None:
        self._frame = frame
        self.prompt.columns = [] if frame is None else [str(one) for one in frame.columns]
        self._edited()

    def _load_options(self) -> None:
        name = self.options_of.value.strip()
        options = self._known.properties.get(name)
        if not options:
            known = ", ".join(one for one, there in self._known.properties.items() if there)
            message = f"The property {name!r} has no options to load. These have: {known}."
            raise HsaiError(message)
        self.output.load_options(list(options))
        self.output.single.to.value = name

    def _copy(self) -> None:
        hub, agent = self._hub, self._agent
        if hub is not None and agent is not None:
            self.work("Copying it …", lambda: copy_agent(hub, agent), lambda made: self._list_assistants(made.name))

    def _save(self) -> None:
        if self._hub is None or self.value is None:
            return
        saved = self.value
        path = save_version(self._hub.workspace, saved)
        self._list_assistants(saved.name)
        self._remarks.show(text(f"Saved as version {saved.version} in {path}.", "good"))

    def _try(self) -> None:
        hub, frame, made = self._hub, self._frame, self.value
        if hub is None or frame is None or made is None:
            return
        self._tried.clear()
        some = different(frame, str(made.prompt), _TRIED)
        self.work(
            f"Asking about {len(some)} records …", lambda: ask(hub, some, made), lambda run: self._show_try(run, some)
        )

    def _show_try(self, run: Run, asked: pd.DataFrame) -> None:
        answers = run.answers[[*run.fields, "confidence", "status", "flags", "reason"]]
        answers = answers.loc[:, answers.astype("string").fillna("").ne("").any()]
        tokens = Prompt(run.record.prompt).tokens(list(map(str, asked.columns)))
        shown = asked.set_axis(answers.index)[tokens].add_prefix("record: ").join(answers)
        self._remarks.clear()
        self._tried.show(
            frame_table(shown, title=f"Tried on {len(shown)} different records", most=_TRIED),
            text(str(run.costs), "muted"),
        )
        if self.value is not None:
            self._show_settings(self.value)


def _live(models: list[Model]) -> list[Model]:
    return [one for one in models if not one.ended]


def _marked(model: Model) -> str:
    return f"{model.id} (ends {model.ends})" if model.ends_soon else model.id
