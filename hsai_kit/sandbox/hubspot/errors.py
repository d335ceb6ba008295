"""HubSpot's refusals: one exception that knows its status and its envelope, and the ways it comes about."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class ErrorCategory(StrEnum):
    """What kind of refusal an error is, in HubSpot's words."""

    VALIDATION_ERROR = "VALIDATION_ERROR"
    OBJECT_NOT_FOUND = "OBJECT_NOT_FOUND"
    OBJECT_ALREADY_EXISTS = "OBJECT_ALREADY_EXISTS"
    CONFLICT = "CONFLICT"
    EXPIRED_AUTHENTICATION = "EXPIRED_AUTHENTICATION"
    INVALID_AUTHENTICATION = "INVALID_AUTHENTICATION"
    MISSING_SCOPES = "MISSING_SCOPES"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    RATE_LIMITS = "RATE_LIMITS"
    LOCKED = "LOCKED"
    MIGRATION_IN_PROGRESS = "MIGRATION_IN_PROGRESS"


class HubSpotError(Exception):
    """What HubSpot refuses, with its HTTP status and the fields of its error envelope."""

    def __init__(
        self,
        status: int,
        message: str,
        category: ErrorCategory,
        *,
        sub_category: str | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        context: Mapping[str, Sequence[str]] | None = None,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.category = category
        self.sub_category = sub_category
        self.errors = errors
        self.context = context
        self.extra = extra or {}
        self.headers = headers or {}

    def envelope(self, correlation_id: str | None = None) -> dict[str, Any]:
        """Render the error body; inside a batch's `errors` it carries no correlation id."""
        body: dict[str, Any] = {"status": "error", "message": self.message}
        if correlation_id is not None:
            body["correlationId"] = correlation_id
        body["category"] = self.category
        if self.sub_category is not None:
            body["subCategory"] = self.sub_category
        if self.errors:
            body["errors"] = [dict(error) for error in self.errors]
        if self.context:
            body["context"] = {name: list(values) for name, values in self.context.items()}
        return {**body, **self.extra}


class InvalidValue(Exception):
    """A value that a property cannot hold, with HubSpot's code for the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str, *errors: Mapping[str, Any]) -> HubSpotError:
    """Make a 400 for a request that makes no sense."""
    return HubSpotError(400, message, ErrorCategory.VALIDATION_ERROR, errors=errors)


def not_found(message: str = "resource not found") -> HubSpotError:
    """Make a 404 for an address or a record that is not there."""
    return HubSpotError(404, message, ErrorCategory.OBJECT_NOT_FOUND)


def records_not_found(singular: str, ids: Iterable[str], trace_id: str | None = None) -> HubSpotError:
    """Make the entry in a batch's `errors` for ids that are no records (recorded wording)."""
    message = (
        f"Could not get some {singular.upper()} objects, they may be deleted or not exist. Check that ids are valid."
    )
    context = {"ids": list(ids)}
    if trace_id is not None:
        context["objectWriteTraceId"] = [trace_id]
    return HubSpotError(404, message, ErrorCategory.OBJECT_NOT_FOUND, context=context)


def conflict(singular: str, existing_id: int) -> HubSpotError:
    """Make a 409 for a unique value that another record holds."""
    return HubSpotError(
        409, f"{singular.capitalize()} already exists. Existing ID: {existing_id}", ErrorCategory.CONFLICT
    )


def invalid_values(found: Sequence[tuple[str, InvalidValue]]) -> HubSpotError:
    """Make a 400 that names each bad property, in the message as JSON and in `errors` one by one."""
    told = [
        {
            "isValid": False,
            "message": problem.message,
            "error": problem.code,
            "name": name,
            "localizedErrorMessage": problem.message,
        }
        for name, problem in found
    ]
    errors = [
        {"message": problem.message, "code": problem.code, "context": {"propertyName": [name]}}
        for name, problem in found
    ]
    return invalid(f"Property values were not valid: {json.dumps(told, ensure_ascii=False)}", *errors)
