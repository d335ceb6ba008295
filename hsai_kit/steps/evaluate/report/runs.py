"""What a report tells of a run: its assistant as it was, model, prices and cost."""

from __future__ import annotations

import pandas as pd
import tomlkit

from hsai_kit.llm.prices import SANDBOX_PREFIX, per_million
from hsai_kit.run import Run
from hsai_kit.steps.evaluate.report.parts import Words

__all__ = ["assistant_text", "cut", "is_scripted", "run_facts", "usd"]

# What a reader takes in of a text in a table; the whole of it is in the workspace.
_CELL = 600


def run_facts(run: Run) -> list[tuple[str, str]]:
    """Return who was asked, when, and at what price."""
    record = run.record
    prices = per_million(record.model, record.own_price)
    cost = "unknown" if prices is None else f"{prices[0]:g} USD in, {prices[1]:g} USD out"
    cost = "none, the sandbox's script" if record.model.startswith(SANDBOX_PREFIX) else cost
    return [
        ("Assistant", f"{record.assistant} (version {record.assistant_version})"),
        ("Model", record.model),
        ("Engine", record.engine),
        ("Price per million tokens", cost),
        ("Run", record.id),
        ("Made", record.at.replace("T", " ").replace("Z", " UTC")),
        ("Paid", usd(run.usd)),
    ]


def assistant_text(run: Run, name: str = "") -> Words:
    """Return the assistant as it was, in the form of its file."""
    content = run.assistant.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    content["prompt"] = run.record.prompt
    content["model"] = run.record.model
    content["output"] = run.assistant.output.shape.model_dump(mode="json", exclude_none=True)
    title = f"{name or run.record.assistant}: the assistant's text, version {run.record.assistant_version}"
    return Words(title, tomlkit.dumps(content).strip())


def is_scripted(run: Run) -> bool:
    """Tell whether the sandbox's script answered, which is no language model."""
    return run.record.model.startswith(SANDBOX_PREFIX)


def usd(usd: float | None) -> str:
    """Say what was paid; unknown is said, never 0."""
    return "price unknown" if usd is None else f"{usd:,.4f} USD" if usd else "nothing"


def cut(value: object) -> str:
    """Return a text as long as a table cell shows it."""
    text = "" if value is None or value is pd.NA or value != value else str(value)
    return text if len(text) <= _CELL else f"{text[:_CELL].rstrip()} …"
