"""The model API's error answers: how long to wait, and what to say to a person."""

from __future__ import annotations

import openai

from hsai_kit.errors import HsaiError, ModelError, NoConnection, NoQuota, RefusedKey, UnknownModel, UnsupportedSetting
from hsai_kit.pacing import backoff

__all__ = ["in_words", "pause_for", "stops_the_run"]

_NO_MONEY = {"insufficient_quota", "billing_hard_limit_reached"}
_PASSING = {408, 409, 429, 500, 502, 503, 504}


def pause_for(problem: openai.APIStatusError, attempt: int) -> float | None:
    """Return the seconds to wait before the same request may go again, or None where it must not."""
    if problem.status_code not in _PASSING or problem.code in _NO_MONEY:
        return None
    headers = problem.response.headers
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return min(120.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    return backoff(attempt)


def in_words(problem: Exception, base_url: str) -> HsaiError:
    """Return the error to raise for `problem`, with OpenAI's own reason and request id, and never with the key."""
    if not isinstance(problem, openai.APIStatusError):
        what = "did not answer in time" if isinstance(problem, openai.APITimeoutError) else "cannot be reached"
        if not isinstance(problem, openai.APIConnectionError):
            what = "sent an answer that cannot be read"
        message = f"The model's API ({base_url}) {what}. Check the network (and proxy or VPN), then run the same again."
        return NoConnection(message, maybe_done=True)
    status, code = problem.status_code, str(problem.code or "")
    known = {"code": code, "request_id": str(problem.request_id or "")}
    mark = f" (request id: {problem.request_id})" if problem.request_id else ""
    reason = _reason(problem)
    if status == 401:
        return RefusedKey(
            f"The key was refused by OpenAI (401, expired, revoked or mistyped){mark}. "
            "Switch it with: hsai connect --switch-openai-key"
        )
    if code in _NO_MONEY:
        return NoQuota(
            f"The OpenAI account has no quota left ({code}){mark}. Waiting does not help: add credit or raise the "
            "limit in OpenAI's billing settings, then run the same again; what was answered is kept.",
            status=status,
            **known,
        )
    if status == 403:
        return RefusedKey(f"OpenAI does not let this key do that: {reason}{mark}. Ask the account's administrator.")
    if code == "model_not_found":
        return UnknownModel(
            f"{reason}{mark}. Choose a model that this key may use: hsai status", status=status, **known
        )
    if code in {"unsupported_parameter", "unsupported_value"}:
        setting = str(problem.param or "")
        message = f"The model does not take {setting or 'a setting'}: {reason}{mark}. Change it in the assistant."
        return UnsupportedSetting(message, setting=setting, status=status, **known)
    if status in _PASSING:
        message = (
            f"The model's API is busy ({status}: {reason}){mark}. It went on for too long; run the same again later."
        )
        return ModelError(message, status=status, **known)
    return ModelError(f"The model's API refused the request ({status}): {reason}{mark}.", status=status, **known)


def stops_the_run(problem: HsaiError) -> bool:
    """Tell whether every further question would meet the same: bad key, no money, no such model, wrong setting."""
    return isinstance(problem, RefusedKey | NoQuota | UnknownModel | UnsupportedSetting)


def _reason(problem: openai.APIStatusError) -> str:
    body = problem.body if isinstance(problem.body, dict) else {}
    return str(body.get("message") or f"HTTP {problem.status_code}").strip().rstrip(".")
