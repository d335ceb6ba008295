"""The panel that writes and tries an assistant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ipywidgets
import pandas as pd

from hsai_kit.assistant.assistant import Assistant, list_assistants, load_assistant
from hsai_kit.assistant.versions import diff_settings, save_version
from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.llm.models import Model
from hsai_kit.steps.assistants.catalog import assistants, copy_agent
from hsai_kit.steps.pull import properties
from hsai_kit.tabular.provenance import read_origin
from hsai_kit.widgets.assistant_form import AssistantForm
from hsai_kit.widgets.blocks import Block, code, text
from hsai_kit.widgets.panel import Panel, field, row, show_if
from hsai_kit.widgets.trying import TRIED, previewed, tried
from hsai_kit.widgets.view import MessageView

__all__ = ["AssistantPanel"]


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
        self._agents: list[tuple[str, str]] = []
        self._filling = False
        self.which = field(ipywidgets.Dropdown(options=[("connect first", "")], description="Assistant"))
        self.form = AssistantForm(self._edited)
        self.new_name = field(ipywidgets.Text(description="Save as", placeholder="a-z, 0-9, - and _"))
        self.load_options = self.button("Load its options", self.form.load_options)
        self.copy = self.button("Copy it into the workspace", self._copy)
        self.try_it = self.button(f"Try on {TRIED}", self._try, style="primary")
        self.save = self.button("Save as a new version", self._save)
        self._preview = MessageView()
        self._changes = MessageView()
        self._tried = MessageView()
        self.fill(
            row(self.which, self.form.model, self.form.temperature, self.form.effort, self.copy),
            self.form.taken,
            self.form.instructions,
            self.form.prompt,
            self._preview,
            self.form.output,
            row(self.form.options_of, self.load_options),
            row(self.new_name, self.save, self.try_it),
            self._changes,
            self._tried,
        )
        show_if(self.copy, there=False)
        self.which.observe(lambda _: self.attempt(self._chosen), "value")
        self.new_name.observe(lambda _: self._edited(), "value")
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
        kind = read_origin(self._frame).object_type if self._frame is not None else ""
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
        self._remarks.clear()
        self._agents = known.agents
        if self._hub is not None:
            self.form.know(known.models, self._hub.workspace.settings.openai.default_model, known.properties)
            self._list_assistants(self._name)

    def _list_assistants(self, name: str) -> None:
        if self._hub is None:
            return
        own = list_assistants(self._hub.workspace)
        self._filling = True
        self.which.options = [*((one, one) for one in own), *self._agents]
        self.which.value = name if name in own else own[0] if own else self._agents[0][1]
        self._filling = False
        self._chosen()

    def _chosen(self) -> None:
        if self._filling or self._hub is None:
            return
        if self._agent is not None:
            self.next_step("This one is in the account: copy it into the workspace, where it has versions.")
            self.value = None
        else:
            self._saved = load_assistant(self._hub.workspace, str(self.which.value))
            self._show(self._saved)
        show_if(self.copy, self._agent is not None)
        self.refresh()

    def _show(self, one: Assistant) -> None:
        self._filling = True
        try:
            self.new_name.value = one.name
            self.form.fill(one, (self._first_prompt if one.name == self._name else "") or one.prompt or "")
        finally:
            self._filling = False
        self._tried.clear()
        self._edited()

    def _edited(self) -> None:
        if self._filling or self._saved is None or self._hub is None:
            return
        self.attempt(self._read)
        if self.problem:
            self.next_step("Mend what is said below.")
        self.refresh()

    def _read(self) -> None:
        """Make the assistant of what stands in the fields, and show what that means."""
        if self._saved is None or self._hub is None:
            return
        try:
            made = self.form.content(self._saved, self.new_name.value.strip() or self._saved.name)
            self.form.show_taken(self._hub, made)
        except HsaiError:
            self.value = None
            raise
        self.value = made
        self._show_changes(made)
        self._show_preview(made)

    def _show_changes(self, made: Assistant) -> None:
        if self._saved is None or self._hub is None:
            return
        if made.name != self._saved.name and made.name in list_assistants(self._hub.workspace):
            self._changes.show(
                text(f"There is an assistant {made.name!r} already; saving makes a new version of it.", "warn")
            )
            return
        changes = diff_settings(self._saved, made)
        if not changes:
            self._changes.show(text(f"As saved: version {self._saved.version}.", "muted"))
            return
        title = f"Changed since version {self._saved.version}"
        self._changes.show(code("\n".join(line for one in changes for line in one.lines()), title))

    def _show_preview(self, made: Assistant) -> None:
        if self._frame is None or self._frame.empty:
            self._preview.show(text("With records, the prompt is shown here as it will be asked.", "muted"))
            self.next_step("Pull records to see the prompt over five of them and to try it.")
            return
        if not made.prompt:
            self._preview.show(text("Write a prompt with at least one token, such as {{ state }}.", "muted"))
            self.next_step("Write a prompt.")
            return
        self._preview.show(*previewed(made.prompt, self._frame))
        self.next_step("Try it on ten records, save it as a new version, or go on to ask all.")

    def _take_frame(self, frame: pd.DataFrame | None) -> None:
        self._frame = frame
        self.form.prompt.columns = [] if frame is None else [str(one) for one in frame.columns]
        self._edited()

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
        self.work(f"Asking about {TRIED} records …", lambda: tried(hub, frame, made), self._show_try)

    def _show_try(self, told: list[Block]) -> None:
        self._remarks.clear()
        self._tried.show(*told)
        if self._hub is not None and self.value is not None:
            self.form.show_taken(self._hub, self.value)
