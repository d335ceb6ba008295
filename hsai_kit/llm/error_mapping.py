"""The model API's error answers: how long to wait, and what to say to a person."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from hsai_kit.errors import (
    AssistantError,
    HsaiError,
    KeyProblem,
    KeyRefused,
    ModelError,
    NoConnection,
    NoQuota,
    SettingNotSupported,
    UnknownModel,
)
from hsai_kit.llm.http import HttpResponse, NoResponse
from hsai_kit.runtime.network import explain_way_out
from hsai_kit.runtime.rate_limit import backoff
from hsai_kit.runtime.server_text import clean_reason

_NO_MONEY = {"insufficient_quota", "billing_hard_limit_reached"}
_PASSING = {408, 409, 429, 500, 502, 503, 504}
NO_SUCH_API = {404, 405, 501}
_REFUSED = 401
_TOO_LARGE = re.compile(r"request too large", re.IGNORECASE)
_MISSING_SCOPES = re.compile(r"missing scopes|insufficient permissions", re.IGNORECASE)
_NOT_TAKEN = {"unsupported_parameter", "unsupported_value", "unknown_parameter"}
_NOT_TAKEN_WORDS = re.compile(
    r"not (supported|permitted|allowed|implemented)|un(supported|known|recognized|expected)", re.IGNORECASE
)
_SETTINGS = {
    "json_schema": re.compile(r"json_schema|response_format|text\.format|\btext$|['\"]text['\"]"),
    "logprobs": re.compile(r"logprobs|\binclude\b"),
    "reasoning.effort": re.compile(r"reasoning"),
    "temperature": re.compile(r"temperature"),
    "store": re.compile(r"\bstore\b"),
}


@dataclass(frozen=True)
class Failure:
    """An error answer: status, OpenAI's code, parameter and message, its request id, and the wait it asks for."""

    status: int
    code: str
    param: str
    message: str
    request_id: str
    retry_after: float | None

    @property
    def lacks_scopes(self) -> bool:
        """True for a restricted key; its refusal was seen to pass by itself."""
        return self.status == _REFUSED and bool(_MISSING_SCOPES.search(self.message))

    @property
    def is_too_large(self) -> bool:
        """True for a single request above what the account may send in a minute."""
        return self.status == 429 and bool(_TOO_LARGE.search(self.message))

    @property
    def is_rate_limit(self) -> bool:
        """True for a rate limit that waiting helps against."""
        return self.status == 429 and self.code not in _NO_MONEY and not self.is_too_large


def read_failure(reply: HttpResponse) -> Failure:
    """Read an error answer; a body that is no JSON, as a gateway's page, has no reason to tell."""
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError):
        body = {}
    return build_failure(reply.status, _find_error(body), reply.headers)


def retry_delay(failure: Failure, attempt: int) -> float | None:
    """Return the seconds to wait before the same request may go again, or None where it must not."""
    if failure.lacks_scopes:
        return backoff(1) if attempt == 1 else None
    if failure.status not in _PASSING or failure.code in _NO_MONEY or failure.is_too_large:
        return None
    # Most pass at once, and a run waits for the last of its questions.
    return backoff(attempt, first=0.25) if failure.retry_after is None else min(120.0, failure.retry_after)


def explain_no_response(lost: NoResponse, base_url: str) -> NoConnection:
    """Return the error for an answer that never came whole."""
    message = f"The model's API ({base_url}) {lost.what}. {explain_way_out(base_url, 'OPENAI_BASE_URL')}"
    return NoConnection(message, maybe_done=lost.maybe_done)


def may_have_cost(problem: HsaiError) -> bool:
    """Tell whether a question may have been answered, and billed, although this came back instead of its answer."""
    if isinstance(problem, NoConnection):
        return problem.maybe_done
    return isinstance(problem, ModelError) and problem.status >= 500


def find_refused_setting(failure: Failure) -> str | None:
    """Return which setting of ours an error answer refuses, or None where it is about something else.

    OpenAI tells the parameter and a code. Servers that speak like it (vLLM, llama.cpp, Ollama) may tell it in
    words only, which count where they have no code of their own.
    """
    if failure.status not in {400, 422}:
        return None
    plain = not failure.code or failure.code.isdigit()
    if failure.code not in _NOT_TAKEN and not (plain and _NOT_TAKEN_WORDS.search(failure.message)):
        return None
    for name, words in _SETTINGS.items():
        if words.search(failure.param or failure.message):
            return name
    return failure.param or (None if plain else "a setting")


def explain_failure(failure: Failure) -> HsaiError:
    """Return the error to raise for `failure`, with OpenAI's own reason and request id, and never with the key."""
    status, code, reason = failure.status, failure.code, failure.message
    known = {"code": code, "request_id": failure.request_id}
    mark = f" (request id: {failure.request_id})" if failure.request_id else ""
    if failure.lacks_scopes:
        return KeyRefused(
            f"This OpenAI key may not do that (401): {reason}{mark}. It is a restricted key: give it the permission in "
            "OpenAI's settings for API keys, or switch it with: hsai connect --switch-openai-key"
        )
    if status == _REFUSED:
        return KeyRefused(
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
        return KeyRefused(f"OpenAI does not let this key do that: {reason}{mark}. Ask the account's administrator.")
    if _no_such_model(failure):
        message = f"{reason}{mark}. Choose a model that this key may use: hsai status"
        return UnknownModel(message, status=status, **known)
    setting = find_refused_setting(failure)
    if setting is not None:
        message = f"The model does not take {setting}: {reason}{mark}. Change it in the assistant."
        return SettingNotSupported(message, setting=setting, status=status, **known)
    if 300 <= status < 400:
        message = (
            f"The model's API sends elsewhere ({status}){mark}, and no redirect is followed with a key and what "
            "records say. Check OPENAI_BASE_URL: it must be the address that answers itself."
        )
        return ModelError(message, status=status, **known)
    if failure.is_too_large:
        message = (
            f"The question is larger than what the account may send in a minute: {reason}{mark}. Shorten what the "
            "prompt takes from the record, or have the limit raised."
        )
        return ModelError(message, status=status, **known)
    if status in _PASSING:
        message = (
            f"The model's API is busy ({status}: {reason}){mark}. It went on for too long; run the same again later."
        )
        return ModelError(message, status=status, **known)
    return ModelError(f"The model's API refused the request ({status}): {reason}{mark}.", status=status, **known)


def stops_the_run(problem: HsaiError) -> bool:
    """Tell whether every further question would meet the same: bad key, no money, no such model, setting or API."""
    if isinstance(problem, ModelError) and (problem.status in NO_SUCH_API or 300 <= problem.status < 400):
        return True
    return isinstance(problem, AssistantError | KeyProblem | NoQuota | UnknownModel | SettingNotSupported)


def _no_such_model(failure: Failure) -> bool:
    if failure.code == "model_not_found":
        return True
    about_model = failure.param == "model" or (not failure.param and "model" in failure.message.lower())
    return (failure.status == 400 and failure.param == "model") or (failure.status == 404 and about_model)


def _find_error(body: object) -> object:
    """Return the error of an answer, whichever of the known shapes it has.

    OpenAI and vLLM: `{"error": {…}}`; older vLLM: the error itself; Ollama: `{"error": "…"}`; FastAPI, which vLLM is
    made with: `{"detail": [{"type", "loc", "msg"}]}` or `{"detail": "…"}`.
    """
    if not isinstance(body, dict):
        return {}
    error = body.get("error", body if "message" in body else body.get("detail"))
    if isinstance(error, list) and error and isinstance(error[0], dict):
        told = error[0].get("loc")
        place = [str(part) for part in told if part != "body"] if isinstance(told, list) else []
        code = "unknown_parameter" if error[0].get("type") == "extra_forbidden" else "unsupported_value"
        # Without a place it is about no setting that could be left out.
        return {"code": code if place else "", "param": ".".join(place), "message": error[0].get("msg")}
    return {"message": error} if isinstance(error, str) else error


def build_failure(status: int, error: object, headers: Mapping[str, str]) -> Failure:
    """Return the failure that an error of one of the known shapes tells of."""
    told = error if isinstance(error, dict) else {}
    return Failure(
        status=status,
        code=clean_reason(told.get("code"), 100),
        param=clean_reason(told.get("param"), 100),
        message=clean_reason(told.get("message")) or f"HTTP {status}",
        request_id=clean_reason(headers.get("x-request-id"), 100),
        retry_after=_read_retry_after(headers),
    )


def _read_retry_after(headers: Mapping[str, str]) -> float | None:
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    return None
