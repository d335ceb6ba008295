"""A receipt as an analyst reads it: what was done, when, by whom, and every row of it."""

from __future__ import annotations

from typing import TypeAlias

import ipywidgets

from hsai_kit.connection import Connection
from hsai_kit.steps.actions import ActionReceipt
from hsai_kit.steps.audit import log
from hsai_kit.steps.audit.html_page import entry_title
from hsai_kit.steps.push import PushReceipt
from hsai_kit.widgets.blocks import facts, text
from hsai_kit.widgets.rows import RowsView
from hsai_kit.widgets.view import MessageView

__all__ = ["AnyReceipt", "ReceiptView", "is_unfinished", "past_receipts"]

AnyReceipt: TypeAlias = PushReceipt | ActionReceipt

_LISTED = 50

_NAMES = {
    "property": "Property",
    "before": "Before",
    "after": "After",
    "what": "What",
    "outcome": "Outcome",
    "reason": "Why",
}


class ReceiptView(ipywidgets.VBox):
    """Shows the receipt of a push, an action or an undo."""

    def __init__(self) -> None:
        super().__init__()
        self.add_class("hsai-stack")
        self.numbers = MessageView()
        self.rows = RowsView()
        self.children = (self.numbers, self.rows)

    def show(self, receipt: AnyReceipt) -> None:
        """Show a receipt in place of the one before."""
        record = receipt.record
        told = [
            facts(
                [
                    ("Receipt", receipt.id),
                    ("What", _what(receipt)),
                    ("When", record.at.replace("T", " ").replace("Z", " UTC")),
                    ("By", record.who),
                    *receipt.counts.items(),
                ]
            )
        ]
        if record.status != "done":
            again = "Complete it goes on there." if is_unfinished(receipt) else "Plan the same again, and it goes on."
            told.append(text(f"It was {record.status} before its end. {again}", "warn"))
        self.numbers.show(*told)
        frame = receipt.frame.rename(columns=_NAMES).rename_axis("Record")
        several = isinstance(receipt, PushReceipt) and len(receipt.record.properties) > 1
        order = [name for name in _NAMES.values() if name in frame and (several or name != "Property")]
        compare = ("Before", "After") if "Before" in frame else None
        self.rows.show(frame[[*order, "link"]], "Rows of the receipt", compare=compare, filters=("Outcome", "Why"))


def past_receipts(hub: Connection) -> list[tuple[str, str]]:
    """Return what was done from this workspace to this portal, newest first: in words, and the receipt's id."""
    done = log(hub, portal=hub.portal.id)
    return [
        (f"{one.at[:16].replace('T', ' ')} UTC: {entry_title(one, done.count_changes(one))}", one.id)
        for one in done.entries[:_LISTED]
    ]


def is_unfinished(receipt: AnyReceipt) -> bool:
    """Tell whether a receipt is that of a push that was broken off and can be completed."""
    return isinstance(receipt, PushReceipt) and receipt.record.kind == "push" and receipt.record.status != "done"


def _what(receipt: AnyReceipt) -> str:
    if isinstance(receipt, ActionReceipt):
        return receipt.record.about
    verb = "Undo of" if receipt.record.kind == "undo" else "Write to"
    return f"{verb} {', '.join(receipt.record.properties)}"
