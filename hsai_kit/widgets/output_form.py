"""What may come back, as a form: text, a number, yes or no, one choice, or named fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets

from hsai_kit.assistant.output_schema import Choice, Fields, Number, Output, Text, YesNo
from hsai_kit.widgets.panel import field, row

__all__ = ["OutputForm"]

_KINDS = [
    ("Text", "text"),
    ("One choice of a list", "choice"),
    ("Number", "number"),
    ("Yes or no", "yes_no"),
    ("Several named fields", "fields"),
]


class _Single:
    """One value: its kind, its options where it is a choice, and the property that it is meant for."""

    def __init__(self, kinds: Sequence[tuple[str, str]], changed: Callable[[], None], label: str) -> None:
        self._rest: dict[str, Any] = {}
        self.kind = field(ipywidgets.Dropdown(options=kinds, description=label))
        self.to = field(ipywidgets.Combobox(description="Goes to the property", placeholder="chosen when it is pushed"))
        self.options = field(ipywidgets.Textarea(description="Options, one a line", rows=4), wide=True)
        self.none_option = field(ipywidgets.Text(description="The option that means: no value", placeholder="none"))
        for control in (self.kind, self.to, self.options, self.none_option):
            control.observe(lambda _: changed(), "value")
        self.kind.observe(lambda _: self._show(), "value")
        self._show()

    def fill(self, kind: Text | Number | YesNo | Choice) -> None:
        """Show what an assistant has."""
        content = kind.model_dump(mode="json", exclude_none=True)
        self.kind.value = content.pop("kind")
        self.to.value = content.pop("to", "")
        self.options.value = "\n".join(content.pop("options", ()))
        self.none_option.value = content.pop("none_option", "")
        # What the form has no control for stays as it is.
        self._rest = content
        self._show()

    def content(self) -> dict[str, Any]:
        """Return it as the assistant's file has it."""
        made: dict[str, Any] = {"kind": self.kind.value}
        if self.to.value.strip():
            made["to"] = self.to.value.strip()
        if self.kind.value == "choice":
            made["options"] = [line.strip() for line in self.options.value.splitlines() if line.strip()]
            if self.none_option.value.strip():
                made["none_option"] = self.none_option.value.strip()
            kept = self._rest.get("descriptions") or {}
            made["descriptions"] = {option: said for option, said in kept.items() if option in made["options"]}
        if self.kind.value == "text" and "max_characters" in self._rest:
            made["max_characters"] = self._rest["max_characters"]
        return made

    def _show(self) -> None:
        choice = self.kind.value == "choice"
        for control in (self.options, self.none_option):
            (control.remove_class if choice else control.add_class)("hsai-hidden")
        (self.to.add_class if self.kind.value == "fields" else self.to.remove_class)("hsai-hidden")


class OutputForm(ipywidgets.VBox):
    """The form; `on_change` is called at every change, `content()` is the `[output]` section of the file."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        super().__init__()
        self.add_class("hsai-stack")
        self._changed = on_change
        self._known: list[str] = []
        self._filling = False
        self.single = _Single(_KINDS, self._report, "What comes back")
        self.fields: list[tuple[ipywidgets.Text, _Single]] = []
        self._rows = ipywidgets.VBox()
        self._rows.add_class("hsai-stack")
        self.add = ipywidgets.Button(description="Add a field")
        self.add.on_click(lambda _: self._add("", Text()))
        self.children = (
            row(self.single.kind, self.single.to, self.single.none_option),
            self.single.options,
            self._rows,
            self.add,
        )
        self._show()

    def fill(self, output: Output) -> None:
        """Show what an assistant has."""
        self._filling = True
        try:
            shape = output.shape
            self.fields = []
            if isinstance(shape, Fields):
                self.single.kind.value = "fields"
                for name, kind in shape.fields.items():
                    self._add(name, kind)
            else:
                self.single.fill(shape)
        finally:
            self._filling = False
        self._show()

    def content(self) -> dict[str, Any]:
        """Return the section as the assistant's file has it."""
        if self.single.kind.value != "fields":
            return self.single.content()
        named = {name.value.strip(): one.content() for name, one in self.fields if name.value.strip()}
        return {"kind": "fields", "fields": named}

    def know(self, properties: Sequence[str]) -> None:
        """Offer these properties as those that answers are meant for."""
        self._known = list(properties)
        for one in (self.single, *(one for _, one in self.fields)):
            one.to.options = self._known

    def load_options(self, options: Sequence[str]) -> None:
        """Make the single value a choice among `options`."""
        self.single.kind.value = "choice"
        self.single.options.value = "\n".join(options)

    def _add(self, name: str, kind: Text | Number | YesNo | Choice) -> None:
        named = field(ipywidgets.Text(value=name, description="Field", placeholder="such as urgency"))
        named.observe(lambda _: self._report(), "value")
        one = _Single(_KINDS[:-1], self._report, "Kind")
        one.to.options = self._known
        one.fill(kind)
        self.fields.append((named, one))
        self._show()

    def _remove(self, one: _Single) -> None:
        self.fields = [(name, other) for name, other in self.fields if other is not one]
        self._report()

    def _report(self) -> None:
        if not self._filling:
            self._show()
            self._changed()

    def _show(self) -> None:
        several = self.single.kind.value == "fields"
        (self.add.remove_class if several else self.add.add_class)("hsai-hidden")
        self._rows.children = [self._row(name, one) for name, one in self.fields] if several else []

    def _row(self, name: ipywidgets.Text, one: _Single) -> ipywidgets.Widget:
        remove = ipywidgets.Button(description="Remove", tooltip=f"Remove the field {name.value}")
        remove.on_click(lambda _: self._remove(one))
        box = ipywidgets.VBox([row(name, one.kind, one.to, one.none_option, remove), one.options])
        box.add_class("hsai-stack")
        box.add_class("hsai-part")
        return box
