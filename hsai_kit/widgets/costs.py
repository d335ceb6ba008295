"""What asking would cost, told before it starts: the line that says it, a budget, and a yes where it is much."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import ipywidgets

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.widgets.blocks import text
from hsai_kit.widgets.panel import Panel, field, show_if
from hsai_kit.widgets.view import MessageView

__all__ = ["Costs"]


class Costs:
    """The parts of a panel in which its price is read and agreed to, each a control that the panel places.

    `view` says the price, `budget` takes a cap, `agreed` a yes where the workspace wants one.
    """

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._count: Callable[[], tuple[Sequence[str], bool]] | None = None
        self._hub: Connection | None = None
        self._waits = False
        self._known = False
        self._needs_yes = False
        self.view = MessageView()
        self.budget = field(ipywidgets.Text(description="Budget in USD", placeholder="no cap", continuous_update=False))
        self.agreed = ipywidgets.Checkbox(description="Yes, this may be spent", indent=False)
        self.agreed.observe(lambda _: panel.refresh(), "value")
        self.show_yes(there=False)

    @property
    def known(self) -> bool:
        """True where the price was worked out and, if it is much, agreed to."""
        return self._known and (not self._needs_yes or self.agreed.value)

    @property
    def yes(self) -> bool | None:
        """What a verb takes as `confirm`: True where somebody said yes, else None, so that it minds the threshold."""
        return True if self.agreed.value else None

    @property
    def usd(self) -> float | None:
        """The budget, None where there is none; raises HsaiError for what is no amount."""
        said = self.budget.value.strip().replace(",", ".")
        try:
            usd = float(said) if said else None
        except ValueError:
            usd = math.nan
        if usd is not None and not (math.isfinite(usd) and usd > 0):
            message = f"The budget {said!r} is no amount. Write USD as a number, such as 5, or leave it empty."
            raise HsaiError(message)
        return usd

    def look(self, hub: Connection | None, count: Callable[[], tuple[Sequence[str], bool]] | None = None) -> None:
        """Work out the price anew; while the panel works on something else, that waits for its end.

        `count` returns the lines that say it and whether it wants a yes; without it there is nothing to count.
        """
        self._hub, self._count, self._known = hub, count, False
        if hub is None or count is None:
            self.failed()
        elif self._panel.busy:
            self._waits = True
        else:
            self._panel.work("Counting questions …", count, lambda told: self._show(hub, *told))

    def look_again(self) -> bool:
        """Work out what had to wait, once the panel has ended its work; tell whether there was something."""
        if not self._waits or self._panel.busy:
            return False
        self._waits = False
        self.look(self._hub, self._count)
        return True

    def show_yes(self, *, there: bool) -> None:
        """Ask for the yes, where one is wanted, or not while there is nothing to agree to."""
        show_if(self.agreed, there and self._known and self._needs_yes)

    def failed(self) -> None:
        """Leave no price standing that holds no longer."""
        if not self._known:
            self.view.clear()
            self.show_yes(there=False)

    def _show(self, hub: Connection, lines: Sequence[str], needs_yes: bool) -> None:  # noqa: FBT001
        self._known, self._needs_yes = True, needs_yes
        self._panel.remark(*self._panel.heard)
        self.view.show(*(text(line) for line in lines))
        threshold = hub.workspace.settings.openai.ask_above_usd
        self.agreed.description = f"Yes, this may be spent (above {threshold:,.2f} USD this workspace asks)"
        # A yes was to another price.
        self.agreed.value = False
        self.show_yes(there=True)
