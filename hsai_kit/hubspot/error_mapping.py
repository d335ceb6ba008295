"""HubSpot's error answers: how long to wait, and what to say to a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hsai_kit.errors import DailyLimit, HsaiError, HubSpotError, InvalidValues, KeyRefused, NotFound, ScopesMissing
from hsai_kit.runtime.rate_limit import backoff

# How much of HubSpot's reasons a sentence holds: characters of each, and how many.
_LONGEST, _MOST = 200, 5
# 477 is HubSpot's own for an account that is being moved; 521, 523 and 524 come from the network before it.
_PASSING = {423, 477, 500, 502, 503, 504, 521, 523, 524}


@dataclass(frozen=True)
class ErrorResponse:
    """An error answer as it came; the body may be JSON in HubSpot's envelope, HTML or nothing."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def envelope(self) -> dict[str, Any]:
        """The parsed body, or {} where it is not JSON."""
        try:
            parsed = json.loads(self.text)
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}

    @property
    def daily(self) -> bool:
        """True where the account's calls for today are used up, so that waiting is of no use."""
        policy = self.envelope.get("policyName")
        return self.status == 429 and (policy == "DAILY" or (not policy and "your daily limit" in self.text))


def find_pause(answer: ErrorResponse, attempt: int) -> float | None:
    """Return the seconds to wait before the same request may go again, or None where it must not.

    HubSpot's 429 says no time (measured): the ten-second window is waited out in growing steps.
    """
    retry_after = _read_header(answer, "retry-after")
    if answer.status == 429 and not answer.daily:
        policy = answer.envelope.get("policyName")
        # Not only "secondly": the message of the ten-second window has that word too.
        secondly = policy == "SECONDLY" or (not policy and "your secondly limit" in answer.text)
        return 1.0 if secondly else backoff(attempt, first=2.0, most=10.0)
    if answer.status == 423:
        return 2.0
    if answer.status in _PASSING:
        return min(60.0, float(retry_after)) if retry_after.isdigit() else backoff(attempt)
    return None


def explain_error(answer: ErrorResponse, method: str, path: str) -> HsaiError:
    """Return the error to raise for `answer`, with HubSpot's own reason and correlation id."""
    envelope = answer.envelope
    correlation = str(envelope.get("correlationId") or _read_header(answer, "x-hubspot-correlation-id"))
    reason = str(envelope.get("message") or f"HTTP {answer.status}").strip().rstrip(".")
    mark = f" (HubSpot's correlation id: {correlation})" if correlation else ""
    known: dict[str, Any] = {
        "status": answer.status,
        "category": str(envelope.get("category") or ""),
        "correlation_id": correlation,
        "detail": envelope.get("errors"),
    }
    if answer.status == 401:
        return KeyRefused(_explain_refusal(envelope, correlation))
    if answer.status == 403:
        return _explain_scopes(envelope, reason, mark)
    if answer.daily:
        return DailyLimit(
            "HubSpot's calls for today are used up for this account. They are counted anew at midnight in the "
            f"account's time zone; run the same again then and it goes on where it stopped{mark}.",
            **known,
        )
    if answer.status == 404:
        return NotFound(f"HubSpot does not have what {method} {path} asks for: {reason}{mark}.", **known)
    if answer.status == 400 and known["category"] == "VALIDATION_ERROR":
        return InvalidValues(f"HubSpot refused the values: {_explain_values(envelope) or reason}{mark}.", **known)
    if answer.status == 429 or answer.status in _PASSING:
        tail = "It went on for too long to wait it out; run the same again later."
        return HubSpotError(f"HubSpot is busy or being moved ({reason}){mark}. {tail}", **known)
    return HubSpotError(f"HubSpot answered {method} {path} with {answer.status}: {reason}{mark}.", **known)


def as_list(value: object) -> list[Any]:
    """Return what HubSpot sends as a list or, where there is one thing only, as it is."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _explain_refusal(envelope: Mapping[str, Any], correlation: str) -> str:
    expired = "expired" in f"{envelope.get('category', '')} {envelope.get('message', '')}".lower()
    why = "it has expired" if expired else "it was revoked or mistyped"
    mark = f"; HubSpot's correlation id: {correlation}" if correlation else ""
    # The command comes last, so that it can be copied.
    return f"The key was refused by HubSpot (401, {why}{mark}). Switch it with: hsai connect --switch-hubspot-key"


def _explain_scopes(envelope: Mapping[str, Any], reason: str, mark: str) -> ScopesMissing:
    asked = [as_list(_read_context(error).get("requiredGranularScopes")) for error in _list_errors(envelope)]
    scopes = list(dict.fromkeys(str(scope) for some in asked for scope in some))
    what = f"The HubSpot key lacks scopes for this: {', '.join(scopes)}"
    if not scopes:
        what = f"HubSpot does not let this key do that: {reason}. If scopes are missing, it does not say which"
    return ScopesMissing(
        f"{what}. Add them to the key in HubSpot (Development → Keys), then run the same again{mark}.", scopes
    )


def _explain_values(envelope: Mapping[str, Any]) -> str:
    """Say what was wrong with which property; the envelope's own message holds the same as JSON inside of JSON."""
    said = []
    for error in _list_errors(envelope):
        names = ", ".join(map(str, as_list(_read_context(error).get("propertyName"))))
        text = str(error.get("message") or error.get("code") or "").strip().rstrip(".")
        # The message for an option that does not exist lists every one that does.
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        said.append(text if not names or names in text else f"{names}: {text}")
    more = f", and {len(said) - _MOST} more" if len(said) > _MOST else ""
    return "; ".join(dict.fromkeys(said[:_MOST])) + more


def _list_errors(envelope: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [error for error in as_list(envelope.get("errors")) if isinstance(error, dict)]


def _read_context(error: Mapping[str, Any]) -> Mapping[str, Any]:
    context = error.get("context")
    return context if isinstance(context, dict) else {}


def _read_header(answer: ErrorResponse, name: str) -> str:
    return next((value for key, value in answer.headers.items() if key.lower() == name), "")
