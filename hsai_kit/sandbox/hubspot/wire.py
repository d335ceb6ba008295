"""A request as the handlers see it, and what they answer: no framework, so each can be read alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from hsai_kit.sandbox.hubspot.errors import ErrorCategory, HubSpotError, invalid
from hsai_kit.sandbox.shapes import find_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hsai_kit.sandbox.hubspot.access import Token
    from hsai_kit.sandbox.shapes import Shape


@dataclass(frozen=True, slots=True)
class HubSpotAnswer:
    """A status and a JSON body; None is an answer without a body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class HubSpotCall:
    """One request to the API: where it went, what it asks for and who asks.

    `version` is `v3`, `v4` or a date; `path` has the variable parts of the address, `address` all of it.
    """

    method: str
    address: str
    version: str
    path: Mapping[str, str]
    query: list[tuple[str, str]]
    raw_body: bytes
    token: Token

    @property
    def is_dated(self) -> bool:
        """Whether the call goes to a version that is named by a date."""
        return not self.version.startswith("v")

    def text(self, name: str) -> str | None:
        """Return the last value of a query parameter, None where it is absent or empty."""
        values = [value for key, value in self.query if key == name]
        return values[-1] or None if values else None

    def flag(self, name: str) -> bool:
        """Whether a query parameter is `true`."""
        return (self.text(name) or "").lower() == "true"

    def names(self, name: str) -> list[str]:
        """Read a query parameter that may be repeated and may hold several names joined by commas."""
        parts = (part.strip() for key, value in self.query if key == name for part in value.split(","))
        return list(dict.fromkeys(part for part in parts if part))

    def limit(self, default: int, most: int) -> int:
        """Read the page size asked for; more than HubSpot's own limit is a 400."""
        text = self.text("limit")
        if text is None:
            return default
        size = parse_whole_number(text)
        if size is None or size == 0:
            message = f"Unable to parse value for query parameter: limit. {text!r} is no positive number."
            raise invalid(message)
        if size > most:
            message = f"The limit {size} is too large. At most {most} can be asked for at a time."
            raise invalid(message)
        return size

    def after(self) -> int | None:
        """Read the paging cursor, which is a whole number in every resource here."""
        text = self.text("after")
        if text is None:
            return None
        cursor = parse_whole_number(text)
        if cursor is None:
            message = f"Unable to parse value for query parameter: after. {text!r} is no cursor."
            raise invalid(message)
        return cursor

    def json(self) -> Any:
        """Read the body, whatever JSON it is; a malformed one is a 400 that says where."""
        try:
            text = self.raw_body.decode()
            body = json.loads(text)
            if "\\ud" in text.lower():  # half of a surrogate pair becomes a question mark, as Java writes it
                body = json.loads(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))
        except UnicodeDecodeError as error:
            message = f"Invalid input JSON: the body is not UTF-8 (byte {error.start})."
            raise invalid(message) from error
        except json.JSONDecodeError as error:
            message = f"Invalid input JSON on line {error.lineno}, column {error.colno}: {error.msg}"
            raise invalid(message) from error
        except RecursionError as error:
            raise invalid("Invalid input JSON: nested too deeply.") from error
        return body

    def fields(self) -> dict[str, Any]:
        """Read the body as a JSON object."""
        body = self.json()
        if not isinstance(body, dict):
            raise invalid("Invalid input JSON on line 1, column 1: expected an object.")
        return body

    def check_body(self, media_type: str, shape: Shape) -> None:
        """Raise a 415 for a body that is not sent as JSON, a 400 for one with a field that no description has."""
        if not self.raw_body:
            return
        if media_type.partition(";")[0].strip().lower() != "application/json":
            message = f"The Content-Type {media_type or '(none)'} is not taken here. Send application/json."
            raise HubSpotError(415, message, ErrorCategory.VALIDATION_ERROR)
        if shape is not None and (unknown := find_unknown(self.json(), shape)) is not None:
            raise invalid(f"Invalid input JSON: there is no field {unknown}.")

    def inputs(self, most: int, what: str = "") -> list[dict[str, Any]]:
        """Read the `inputs` of a batch; more than HubSpot takes at a time is a 400."""
        inputs = self.fields().get("inputs")
        if not isinstance(inputs, list) or not all(isinstance(one, dict) for one in inputs):
            raise invalid("Invalid input JSON: inputs has to be a list of objects.")
        if len(inputs) > most:
            message = (
                f"The maximum number of inputs supported in a batch request{what} is {most}. "
                "Please reduce the number of items and try again"
            )
            raise invalid(message)
        return inputs

    def next_page(self, after: int | str) -> dict[str, Any]:
        """Make the `paging` of a page that is not the last, with an absolute link."""
        query = [(key, value) for key, value in self.query if key != "after"] + [("after", str(after))]
        return {"next": {"after": str(after), "link": f"{self.address}?{urlencode(query)}"}}


def parse_whole_number(text: str) -> int | None:
    """Read an id or a cursor as a number; None for everything that SQLite could not hold either."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def method_not_allowed(allowed: list[str]) -> HubSpotError:
    """Make a 405 that names what the address does take."""
    methods = ", ".join(allowed)
    return HubSpotError(
        405,
        f"Method not allowed. This address takes: {methods}",
        ErrorCategory.METHOD_NOT_ALLOWED,
        headers={"Allow": methods},
    )
