"""The panel that connects: two keys checked, kept, switched or forgotten, and what they may do."""

from __future__ import annotations

from typing import Literal

import ipywidgets
from pydantic import SecretStr

from hsai_kit.connection import Connection
from hsai_kit.credentials.backends import LABEL, KeyFile, KeyHome, KeyRing, Service
from hsai_kit.errors import HsaiError
from hsai_kit.steps.connect import Status, check_key, connect, disconnect, keep_keys, locate_keys, status
from hsai_kit.widgets.blocks import Block, facts, text, ticks
from hsai_kit.widgets.panel import Panel, field, row
from hsai_kit.widgets.secret import SecretField
from hsai_kit.widgets.view import MessageView

__all__ = ["ConnectPanel"]

_SANDBOX, _PORTAL = "Sandbox, no keys needed", "My own portal"
_SERVICES: tuple[Service, ...] = ("hubspot", "openai")
_TYPED = {"the argument": "the field above"}
_CHECKING = "Being checked …"
_NOWHERE = "nowhere, for this session only"


class ConnectPanel(Panel):
    """Connects to the sandbox or to a portal; `value` is the Connection that `connect()` returns.

    `sandbox` is what is chosen at first (without it: the sandbox, unless a key for HubSpot is found), `workspace` the
    folder as `connect` takes it.
    """

    value: Connection | None

    def __init__(self, *, sandbox: bool | None = None, workspace: str | None = None) -> None:
        super().__init__("Connect")
        self._workspace = workspace
        sandbox = "hubspot" not in locate_keys() if sandbox is None else sandbox
        self._typed: dict[Service, SecretStr] = {}
        self._in_use: dict[Service, SecretStr] = {}
        self.where = ipywidgets.ToggleButtons(options=[_SANDBOX, _PORTAL], value=_SANDBOX if sandbox else _PORTAL)
        self.fields = {service: self._secret_field(service) for service in _SERVICES}
        homes = [home.place for home in self._homes()]
        self.keep_in = field(ipywidgets.Dropdown(options=[_NOWHERE, *homes], description="Keep the keys in"))
        self._found = MessageView()
        self._shown = MessageView()
        self._keys = ipywidgets.VBox([self._found, *self.fields.values(), row(self.keep_in)])
        self._keys.add_class("hsai-stack")
        self.connect = self.button("Connect", self._connect, style="primary")
        self.keep = self.button("Keep the typed keys", self._keep)
        self.forget = self.button("Forget the kept keys", self._forget)
        self.leave = self.button("Disconnect", self._leave)
        buttons = row(self.connect, self.keep, self.forget, self.leave)
        self.fill(self.where, self._keys, buttons, self._shown)
        self.where.observe(lambda _: self.attempt(self._show_keys), "value")
        self._show_keys()

    def allowed(self, control: ipywidgets.Widget) -> bool:
        """Keys are kept and forgotten only where there are some, and a connection is left only where there is one."""
        if self.busy:
            return False
        mine = self.where.value == _PORTAL
        if control is self.keep:
            return mine and bool(self._typed)
        if control is self.forget:
            kept = {home.place for home in self._homes()}
            return mine and any(place in kept for place in locate_keys().values())
        return control is not self.leave or self.value is not None

    def _secret_field(self, service: Service) -> SecretField:
        hint = {"hubspot": "pat-… or a service key", "openai": "sk-…"}[service]
        return SecretField(
            label=f"{LABEL[service]} key",
            action="Check",
            hint=hint,
            on_secret=lambda secret: self._came(service, secret),
        )

    def _came(self, service: Service, secret: SecretStr) -> str:
        self.work("", lambda: check_key(service, secret), lambda said: self._checked(service, secret, said))
        return _CHECKING

    def _checked(self, service: Service, secret: SecretStr, said: str) -> None:
        self._typed[service] = secret
        self.fields[service].say(said)
        self._show_keys()

    def went_wrong(self, problem: BaseException) -> None:
        """Show an error in words, below the key where one is being checked."""
        super().went_wrong(problem)
        for one in self.fields.values():
            if one.note == _CHECKING:
                one.say(self.problem, problem=True)
                self._problem.clear()

    def _connect(self) -> None:
        sandbox: bool = self.where.value == _SANDBOX
        waiting = [LABEL[service] for service, one in self.fields.items() if one.is_typed and not sandbox]
        if waiting:
            message = (
                f"The key for {' and '.join(waiting)} is typed and not in use: press the button beside it first, or "
                "empty the field."
            )
            raise HsaiError(message)
        typed = {} if sandbox else dict(self._typed)
        self.work(
            "Starting the sandbox …" if sandbox else "Connecting …",
            lambda: self._with_status(
                connect(
                    sandbox=sandbox,
                    workspace=self._workspace,
                    hubspot_key=typed.get("hubspot"),
                    openai_key=typed.get("openai"),
                )
            ),
            lambda made: self._connected(*made, typed),
        )

    @staticmethod
    def _with_status(hub: Connection) -> tuple[Connection, Status]:
        try:
            return hub, status(hub)
        except BaseException:
            hub.close()
            raise

    def _connected(self, hub: Connection, may: Status, typed: dict[Service, SecretStr]) -> None:
        before, self._in_use = self.value, typed
        self._remarks.clear()
        self._shown.show(*_told(hub, may))
        self.value = hub
        if before is not None:
            before.close()
        self._show_keys()

    def _keep(self) -> None:
        home = next((home for home in self._homes() if home.place == self.keep_in.value), None)
        if home is None:
            message = "Choose where the keys are to be kept first."
            raise HsaiError(message)
        typed = dict(self._typed)
        portal_id = self.value.portal.id if self.value is not None and "hubspot" not in typed else None
        self.work(
            "Checking and keeping the keys …",
            lambda: keep_keys(
                home, hubspot_key=typed.get("hubspot"), openai_key=typed.get("openai"), portal_id=portal_id
            ),
            lambda portal: self._forgotten([f"Kept in {home.place}, bound to portal {portal.id}."]),
        )

    def _forget(self) -> None:
        self.work("Forgetting the keys …", disconnect, self._forgotten)

    def _forgotten(self, said: list[str]) -> None:
        self._typed.clear()
        for one in self.fields.values():
            one.say("")
        self._remarks.show(*(text(line, "good") for line in said))
        self._show_keys()

    def _leave(self) -> None:
        hub, self.value = self.value, None
        self._shown.clear()
        self._show_keys()
        if hub is not None:
            self.work("", hub.close)

    def _show_keys(self) -> None:
        mine = self.where.value == _PORTAL
        (self._keys.remove_class if mine else self._keys.add_class)("hsai-hidden")
        for control in (self.keep, self.forget):
            (control.remove_class if mine else control.add_class)("hsai-hidden")
        found = locate_keys() if mine else {}
        lines = [f"{LABEL[one]}: a key is there, from {found[one]}." for one in _SERVICES if one in found]
        self._found.show(*(text(line, "muted") for line in lines))
        self.connect.description = "Connect" if self.value is None else "Connect again"
        for service, one in self.fields.items():
            one.action = "Switch" if service in found else "Check"
        self.next_step(self._what_next(found))
        self.refresh()

    def _what_next(self, found: dict[Service, str]) -> str:
        is_new = any(self._in_use.get(service) is not secret for service, secret in self._typed.items())
        if self.value is not None and self.where.value == _PORTAL and is_new:
            return "The new key is right and not in use yet: click Connect again."
        if self.value is not None:
            return "Connected. Go on with the records."
        if self.where.value == _SANDBOX:
            return "Click Connect: a portal with made-up records and a scripted assistant start on this computer."
        missing = [LABEL[service] for service in _SERVICES if service not in {**found, **self._typed}]
        if missing:
            return f"Paste the {' and the '.join(missing)} key and check it; what is typed is shown and saved nowhere."
        return "Click Connect."

    @staticmethod
    def _homes() -> list[KeyHome]:
        return [*([KeyRing()] if KeyRing.usable() else []), KeyFile()]


def _told(hub: Connection, may: Status) -> list[Block]:
    portal = may.portal
    told = [
        facts(
            [
                ("Portal", portal.name or "no name"),
                ("Portal id", str(portal.id)),
                ("Kind", portal.account_type),
                *((f"{LABEL[one]} key from", _TYPED.get(place, place)) for one, place in hub.key_places.items()),
                ("Models", len(may.models)),
                *([("Calls today", f"{may.daily[0]:,} of {may.daily[1]:,}")] if may.daily else []),
                ("Workspace", str(hub.workspace.folder)),
            ]
        )
    ]
    if may.missing is None:
        told.append(
            text("HubSpot does not tell the scopes of this kind of key; the calls themselves will show.", "muted")
        )
    else:
        items = [
            (not lacks, step if not lacks else f"{step}: lacks {', '.join(lacks)}")
            for step, lacks in may.missing.items()
        ]
        told.append(ticks("What the HubSpot key may do", items))
    tone: Literal["warn", "muted"] = "warn"
    if may.model_problem:
        told.append(text(f"No questions can be asked: {may.model_problem}", tone))
    told += [
        text(f"{model} ends on {day}: choose another for what is to go on.", tone) for model, day in may.ending.items()
    ]
    if hub.is_scripted:
        told.append(
            text("The sandbox's assistant is scripted: no language model answers, and nothing costs anything.", "muted")
        )
    return told
