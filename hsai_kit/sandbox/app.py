"""The ASGI app: both doubles and the control address under one loopback port, over one database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from hsai_kit.sandbox.control import ControlApi
from hsai_kit.sandbox.database import Database, DataFileError
from hsai_kit.sandbox.faults import Faults
from hsai_kit.sandbox.hubspot import HubSpotApi
from hsai_kit.sandbox.journal import Journal, route_templates
from hsai_kit.sandbox.middleware import ApiMiddleware, SimulatedApi
from hsai_kit.sandbox.openai import OpenAIApi
from hsai_kit.sandbox.portal import build_seed_portal, load_portal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from hsai_kit.sandbox.faults import FaultSpec
    from hsai_kit.sandbox.portal import Portal

LOOPBACK_HOSTS = frozenset({b"127.0.0.1", b"localhost", b"[::1]"})


@dataclass(frozen=True)
class SandboxSettings:
    """What one sandbox is started with; `data` None keeps its state in memory."""

    hubspot_token: str = field(repr=False)
    openai_key: str = field(repr=False)
    control_token: str = field(repr=False)
    data: Path | None = None
    seed: int = 7
    contacts: int = 2400
    load: Mapping[str, Path] = field(default_factory=dict)
    faults: Sequence[FaultSpec] = ()


class SandboxApp:
    """The whole sandbox as one ASGI app; call `close` at the end.

    Raises DataFileError or the portal's LoadError where its files cannot be used.
    """

    def __init__(self, settings: SandboxSettings) -> None:
        self.database = Database(settings.data)
        try:
            self.hubspot = HubSpotApi(self.database, token=settings.hubspot_token, seed=settings.seed)
            self.openai = OpenAIApi(self.database, key=settings.openai_key, seed=settings.seed)
            self._fill(settings)
        except BaseException:
            self.database.close()
            raise
        self.sides = {
            "hubspot": _wrapped("hubspot", self.hubspot, settings.seed),
            "openai": _wrapped("openai", self.openai, settings.seed),
        }
        for fault in settings.faults:
            self.sides[fault.side].faults.add(fault)
        self.control = ControlApi(self, settings.control_token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the side that its path begins with; what is left is the path at that side's host."""
        if not _names_loopback(scope):
            await _refusal(403, "The sandbox answers only to this machine's own names.")(scope, receive, send)
            return
        name, slash, rest = scope["path"][1:].partition("/")
        scope["root_path"] = scope["app_root_path"] = f"/{name}"
        if name in self.sides:
            await self.sides[name](scope, receive, send, slash + rest)
        elif name == "control":
            await self.control.app(scope, receive, send)
        else:
            sentence = "This is a sandbox, no real service. It has /hubspot, /openai/v1 and /control."
            await _refusal(404, sentence)(scope, receive, send)

    def truth(self, object_type: str, property_name: str) -> dict[str, str]:
        """Tell record ids and right values; ValueError lists what the portal's maker knows where it knows none."""
        rows = self.database.execute(
            "SELECT record_id, value FROM sandbox_truth WHERE object_type = ? AND property = ?",
            (object_type, property_name),
        ).fetchall()
        if not rows:
            known = self.database.execute("SELECT DISTINCT object_type, property FROM sandbox_truth ORDER BY 1, 2")
            names = ", ".join(f"{one}.{other}" for one, other in known) or "nothing"
            message = f"The truth about {object_type}.{property_name} is not known. Known: {names}."
            raise ValueError(message)
        return dict(rows)

    def reset(self) -> None:
        """Go back to the portal as it was filled: no faults, no latency, fresh windows, an empty journal."""
        self.database.restore_pristine()
        for side in self.sides.values():
            side.side.reset()
            side.faults.clear()
            side.faults.set_latency(0.0)
            side.journal.clear()

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def _fill(self, settings: SandboxSettings) -> None:
        self.remarks: list[str] = []
        if self.database.is_seeded:
            if settings.load:
                message = f"{settings.data} holds a portal already. Give --data a new file to load exports into."
                raise DataFileError(message)
            return
        if settings.load:
            portal = load_portal(settings.load, seed=settings.seed)
        else:
            portal = build_seed_portal(settings.seed, settings.contacts)
        self.hubspot.fill(portal)
        self.remarks = portal.remarks
        self._keep_truth(portal)
        self.database.keep_pristine()

    def _keep_truth(self, portal: Portal) -> None:
        with self.database.transaction():
            self.database.execute(
                "CREATE TABLE sandbox_truth (object_type TEXT, property TEXT, record_id TEXT, value TEXT,"
                " PRIMARY KEY (object_type, property, record_id)) WITHOUT ROWID"
            )
            self.database.executemany(
                "INSERT INTO sandbox_truth VALUES (?, ?, ?, ?)",
                (
                    (object_type, name, record_id, value)
                    for (object_type, name), values in portal.truth.items()
                    for record_id, value in values.items()
                ),
            )


def _wrapped(name: str, side: SimulatedApi, seed: int) -> ApiMiddleware:
    return ApiMiddleware(name, side, Faults(name, seed), Journal(route_templates(side.app.routes)))


def _names_loopback(scope: Scope) -> bool:
    """Whether the Host header is this machine's; another one is a web page's trick (DNS rebinding)."""
    for name, value in scope["headers"]:
        if name == b"host":
            host, colon, port = value.rpartition(b":")
            return (host if colon and port.isdigit() else value) in LOOPBACK_HOSTS
    return False


def _refusal(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status_code=status)
