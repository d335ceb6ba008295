"""Both doubles over one database, with the portal that fills them and the truth about its records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hsai_kit.sandbox.database import Database, DataFileError
from hsai_kit.sandbox.faults import Faults
from hsai_kit.sandbox.hubspot import HubSpotApi
from hsai_kit.sandbox.journal import Journal, build_route_templates
from hsai_kit.sandbox.middleware import ApiMiddleware
from hsai_kit.sandbox.openai import OpenAIApi
from hsai_kit.sandbox.portal import build_seed_portal, load_portal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hsai_kit.sandbox.faults import FaultSpec
    from hsai_kit.sandbox.middleware import ApiDouble
    from hsai_kit.sandbox.portal import Portal


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


class Doubles:
    """HubSpot and OpenAI, each behind its journal and its faults; `apis` has both by name. Call `close` at the end.

    Raises DataFileError or the portal's LoadError where the files of the settings cannot be used.
    """

    def __init__(self, settings: SandboxSettings) -> None:
        self.remarks: list[str] = []
        self.database = Database(settings.data)
        try:
            self.hubspot = HubSpotApi(self.database, token=settings.hubspot_token, seed=settings.seed)
            self.openai = OpenAIApi(self.database, key=settings.openai_key, seed=settings.seed)
            self._fill(settings)
        except BaseException:
            self.database.close()
            raise
        doubles: dict[str, ApiDouble] = {"hubspot": self.hubspot, "openai": self.openai}
        self.apis = {
            name: ApiMiddleware(
                name, double, Faults(name, settings.seed), Journal(build_route_templates(double.app.routes))
            )
            for name, double in doubles.items()
        }
        for fault in settings.faults:
            self.apis[fault.api].faults.add(fault)

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
        for api in self.apis.values():
            api.double.reset()
            api.faults.clear()
            api.faults.set_latency(0.0)
            api.journal.clear()

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def _fill(self, settings: SandboxSettings) -> None:
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
