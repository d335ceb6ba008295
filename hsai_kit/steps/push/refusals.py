"""What HubSpot's refusal of a batch is about: a record in it, one of its properties, or everything."""

from __future__ import annotations

import re
from typing import Any

from hsai_kit.errors import HsaiError, HubSpotError, InvalidValues, PushRefused


def _errors_of(problem: HsaiError) -> list[dict[str, Any]]:
    detail = getattr(problem, "detail", None)
    return [one for one in detail if isinstance(one, dict)] if isinstance(detail, list) else []


def properties_at_fault(problem: HsaiError) -> set[str]:
    """Return the properties that HubSpot names as the reason.

    Where a value makes another property required, which is blank, it names that value's property in brackets.
    """
    found: set[str] = set()
    for error in _errors_of(problem):
        if error.get("code") == "MISSING_CONDITIONAL_REQUIRED_PROPERTY":
            found.update(re.findall(r"\[([a-z0-9_]+)\]", str(error.get("message"))))
        context = error.get("context")
        names = context.get("propertyName") if isinstance(context, dict) else None
        found.update(map(str, names if isinstance(names, list) else [names] if names else []))
    return found


def _of_the_property(problem: HsaiError) -> bool:
    """Tell whether every other record would be refused too."""
    return any(one.get("code") in {"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"} for one in _errors_of(problem))


def about_one_record(problem: HsaiError) -> bool:
    """Tell whether single records of a batch were refused, so that the others can be written without them."""
    # 409: another record holds a value that has to be unique.
    refused = isinstance(problem, InvalidValues) or (isinstance(problem, HubSpotError) and problem.status == 409)
    return refused and not _of_the_property(problem)


def explain_refusal(problem: HsaiError, object_type: str) -> HsaiError:
    """Return what to raise for an error that concerns every record."""
    if not _of_the_property(problem):
        return problem
    message = (
        f"{', '.join(sorted(properties_at_fault(problem)))} of {object_type} was changed in HubSpot since the plan was "
        f"made and can no longer be written. {problem} Look at the property there, then plan anew."
    )
    return PushRefused(message)
