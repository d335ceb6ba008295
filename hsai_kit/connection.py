"""A connection: one OpenAI key bound to one HubSpot account, and the workspace that the work is kept in."""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from hsai_kit.credentials.backends import Service
from hsai_kit.errors import HsaiError, KeyNotFound
from hsai_kit.hubspot.account import Portal
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.llm.client import LLMClient
from hsai_kit.llm.models import Model, read_models
from hsai_kit.llm.prices import SANDBOX_PREFIX
from hsai_kit.runtime import background
from hsai_kit.store import Store
from hsai_kit.workspace import Workspace

SANDBOX_MODEL = "sandbox-luna"


class Connection:
    """What `connect()` returns and every other verb takes; close it, or use it in a `with` block."""

    def __init__(
        self,
        *,
        portal: Portal,
        hubspot: HubSpotClient,
        llm: LLMClient | HsaiError,
        workspace: Workspace,
        scripted: bool = False,
        key_places: Mapping[Service, str] | None = None,
        count_faults: Callable[[], Mapping[str, int]] = dict,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self.portal = portal
        self.hubspot = hubspot
        self.workspace = workspace
        self.store = Store(workspace.store)
        if days := workspace.settings.store.keep_days:
            self.store.erasure.erase_older(days, workspace.folder)
        self._scripted = scripted
        self._llm = llm
        self._models: list[Model] | None = None
        self.key_places = key_places or {}
        """For each service that has a key: the place where it was found, in words."""
        self.count_faults = count_faults
        """How often each fault of a sandbox that was started for this connection has struck, by its words."""
        self._on_close = on_close
        atexit.register(self.close)

    def __repr__(self) -> str:
        name = f" {self.portal.name!r}" if self.portal.name else ""
        who = "the sandbox's scripted assistant" if self.is_scripted else "an OpenAI key"
        keyless = isinstance(self._llm, HsaiError) or self._llm.missing_key is not None
        bound = "no OpenAI key" if keyless else who
        return f"Connection(portal {self.portal.id}{name}, {self.portal.account_type}, with {bound})"

    @property
    def llm(self) -> LLMClient:
        """The model's wire; raises KeyNotFound where the connection was made without an OpenAI key."""
        if isinstance(self._llm, HsaiError):
            raise KeyNotFound(str(self._llm))
        return self._llm

    @property
    def is_scripted(self) -> bool:
        """True where the sandbox's scripted assistant answers, also that of a sandbox in another terminal."""
        known = self._models or ()
        return self._scripted or (bool(known) and all(model.id.startswith(SANDBOX_PREFIX) for model in known))

    def models(self) -> list[Model]:
        """Return the models that this key and this workspace let through; read once and kept."""
        if self._models is None:
            self._models = background.run(read_models(self.llm))
        allowed = () if self.is_scripted else self.workspace.settings.openai.allowed_models
        return [model for model in self._models if not allowed or model.id in allowed]

    def model_for(self, chosen: str | None, own: str | None) -> str:
        """Return the model to ask: the one chosen, else the assistant's own, else the workspace's default.

        Over the sandbox it is always one of the scripted ones, whose names say so.
        """
        model = chosen or own or self.workspace.settings.openai.default_model
        return SANDBOX_MODEL if self.is_scripted and not model.startswith(SANDBOX_PREFIX) else model

    def close(self) -> None:
        """Close both wires and the store, and stop a sandbox that was started for this connection."""
        atexit.unregister(self.close)
        if isinstance(self._llm, LLMClient):
            with contextlib.suppress(Exception):  # a loop that is gone has closed its sockets already
                background.run(self._llm.close())
        self.store.close()
        self._on_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
