"""HubSpot's error answers: how long to wait, and what to say to a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hsai_kit.errors import DailyLimit, HsaiError, HubSpotError, InvalidValues, KeyRefused, NotFound, ScopesMissing
from hsai_kit.runtime.rate_limit import backoff
from hsai_kit.runtime.server_text import clean_reason

# How much of HubSpot's reasons a sentence holds: characters of each, and how many.
_LONGEST, _MOST = 200, 5
# 477 is HubSpot's own for an account that is being moved; 521, 523 and 524 come from the network before it.
_LONGEST_PAUSE = 60.0
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
    if answer.status == 429 and not answer.daily:
        policy = answer.envelope.get("policyName")
        # Not only "secondly": the message of the ten-second window has that word too.
        secondly = policy == "SECONDLY" or (not policy and "your secondly limit" in answer.text)
        return 1.0 if secondly else backoff(attempt, first=2.0, most=10.0)
    if answer.status == 423:
        return 2.0
    if answer.status in _PASSING:
        asked = read_number(_read_header(answer, "retry-after"))
        return backoff(attempt) if asked is None else min(_LONGEST_PAUSE, float(asked))
    return None


def explain_error(answer: ErrorResponse, method: str, path: str) -> HsaiError:
    """Return the error to raise for `answer`, with HubSpot's own reason and correlation id."""
    envelope = answer.envelope
    correlation = clean_reason(envelope.get("correlationId") or _read_header(answer, "x-hubspot-correlation-id"), 80)
    reason = clean_reason(envelope.get("message") or f"HTTP {answer.status}")
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
    if 300 <= answer.status < 400:
        where = clean_reason(_read_header(answer, "location")) or "another address"
        return HubSpotError(
            f"HubSpot's address sends {method} {path} on to {where} ({answer.status}), which is not followed: the "
            "request holds your key. Check HUBSPOT_BASE_URL, and whether a proxy wants a login.",
            **known,
        )
    return HubSpotError(f"HubSpot answered {method} {path} with {answer.status}: {reason}{mark}.", **known)


def read_number(text: str | None) -> int | None:
    """Return a whole number from 0 up that a header holds, None for all else that a server may send there."""
    return int(text) if text and len(text) < 19 and text.isascii() and text.isdigit() else None


def as_list(value: object) -> list[Any]:
    """Return what HubSpot sends as a list or, where there is one thing only, as it is."""
    return value if isinstance(value, list) else [] if value is None else [value]


# What a 401 or 403 is known to say, as a part of it in lower case, and what that means; [?] HubSpot words them anew at
# times, so its own words stand beside ours where none of these is in them.
_REFUSALS = {
    "oauth token used to make this call expired": "it is an OAuth token, which holds for 30 minutes only",
    "expired": "it has expired",
    "hapikey": "it is an API key of the old kind, which HubSpot no longer takes; a service key is needed",
    "uninstalled": "the app that it belongs to was uninstalled or deleted",
    "deactivated": "the app or the account that it belongs to is deactivated",
}
_FORBIDDEN = {
    "does not have permission": "Whoever made the key may not do this in HubSpot: an administrator can allow it there",
    "does not have access": "This HubSpot account has no access to that: its subscription may not contain it",
    "suspended": "This HubSpot account is suspended: its administrator knows why",
    "ip address": "HubSpot does not take this key from the address of this network: see the key's settings there",
}


def _find_meaning(envelope: Mapping[str, Any], known: Mapping[str, str]) -> str:
    text = f"{envelope.get('category', '')} {envelope.get('subCategory', '')} {envelope.get('message', '')}".lower()
    # Apostrophes and words that are joined by them differ between HubSpot's services.
    text = text.replace("doesn't", "does not").replace("_", " ")
    return next((meaning for part, meaning in known.items() if part in text), "")


def _explain_refusal(envelope: Mapping[str, Any], correlation: str) -> str:
    why = _find_meaning(envelope, _REFUSALS) or "it was revoked or mistyped"
    mark = f"; HubSpot's correlation id: {correlation}" if correlation else ""
    # The command comes last, so that it can be copied.
    return f"The key was refused by HubSpot (401, {why}{mark}). Switch it with: hsai connect --switch-hubspot-key"


def _explain_scopes(envelope: Mapping[str, Any], reason: str, mark: str) -> ScopesMissing:
    contexts = [read_context(error) for error in (envelope, *_list_errors(envelope))]
    names = ("requiredGranularScopes", "requiredScopes")
    # The finer ones are those that keys are given today.
    asked = next(filter(None, ([one for some in contexts for one in as_list(some.get(name))] for name in names)), [])
    scopes = list(dict.fromkeys(map(str, asked)))
    if not scopes and (meaning := _find_meaning(envelope, _FORBIDDEN)):
        return ScopesMissing(f"{meaning} ({reason}){mark}. Then run the same again.")
    what = f"The HubSpot key lacks scopes for this: {', '.join(scopes)}"
    if not scopes:
        what = f"HubSpot does not let this key do that: {reason}. If scopes are missing, it does not say which"
    return ScopesMissing(
        f"{what}. Add them to the key in HubSpot (Development → Keys; an app is then installed again), then run the "
        f"same again{mark}.",
        scopes,
    )


def _explain_values(envelope: Mapping[str, Any]) -> str:
    """Say what was wrong with which property; the envelope's own message holds the same as JSON inside of JSON."""
    said = []
    for error in _list_errors(envelope):
        names = ", ".join(map(str, as_list(read_context(error).get("propertyName"))))
        # The message for an option that does not exist lists every one that does.
        text = clean_reason(error.get("message") or error.get("code") or "", _LONGEST)
        said.append(text if not names or names in text else f"{names}: {text}")
    more = f", and {len(said) - _MOST} more" if len(said) > _MOST else ""
    return "; ".join(dict.fromkeys(said[:_MOST])) + more


def _list_errors(envelope: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [error for error in as_list(envelope.get("errors")) if isinstance(error, dict)]


def read_context(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an error is about, {} where it does not say."""
    context = error.get("context")
    return context if isinstance(context, dict) else {}


def _read_header(answer: ErrorResponse, name: str) -> str:
    return next((value for key, value in answer.headers.items() if key.lower() == name), "")
