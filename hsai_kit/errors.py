"""Every error of the kit: a sentence that says what happened and what to do; `docs/reference.md` draws their tree."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from hsai_kit.screen_text import make_printable


class HsaiError(Exception):
    """The base of all: `except HsaiError` catches whatever the kit says no to."""

    def __str__(self) -> str:
        # Errors quote servers and records, and a script prints them raw.
        return make_printable(super().__str__())

    def _render_traceback_(self) -> list[str]:
        # IPython asks an exception for its own rendering: an analyst reads the sentence, not the stack.
        return [make_printable(" ".join([f"{type(self).__name__}: {self}", *getattr(self, "__notes__", [])]))]


class WorkspaceError(HsaiError):
    """The workspace folder or its settings cannot be used as they are."""


class AssistantError(WorkspaceError):
    """An assistant's file is missing or says something that cannot be done."""


class RecipeError(WorkspaceError):
    """A recipe's file is missing or says something that cannot be done, or its gate was not passed."""


class GateNotPassed(RecipeError):
    """A recipe that would go on alone did not pass its gate; the message holds the verdict."""


class ReviewPending(RecipeError):
    """Nothing of a recipe's run is approved yet, so nothing comes after its review."""


class KeyProblem(HsaiError):
    """A key is missing, refused or cannot be kept."""


class KeyNotFound(KeyProblem):
    """No key was found in any of the places where one may be kept."""


class AddressNotFound(KeyProblem):
    """No address for messages is kept under that name."""


class KeyRefused(KeyProblem):
    """The service refused the key: expired, revoked or mistyped."""


class NoKeyRing(KeyProblem):
    """This machine has no key ring that keeps keys safely."""


class ScopesMissing(HsaiError):
    """The HubSpot key lacks scopes; `scopes` names them."""

    def __init__(self, message: str, scopes: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.scopes = tuple(scopes)


class NoConnection(HsaiError):
    """The service could not be reached or did not answer in time.

    `maybe_done` is true where a request that changes something may have been carried out all the same.
    """

    def __init__(self, message: str, *, maybe_done: bool = False) -> None:
        super().__init__(message)
        self.maybe_done = maybe_done


class CallWithdrawn(NoConnection):
    """A read was given up because the work that wanted it was stopped."""


class WriteUncertain(HsaiError):
    """A write did not go through at once; whoever sent it reads what the records hold before it is sent again.

    `maybe_done` is true where it may have been carried out all the same, `is_late` where it was not sent because what
    it relies on was read too long ago; `problem` is what to raise in the end.
    """

    def __init__(self, problem: HsaiError, *, maybe_done: bool, is_late: bool = False) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.maybe_done = maybe_done
        self.is_late = is_late


class HubSpotError(HsaiError):
    """HubSpot answered with an error; carries the HTTP status, category and correlation id."""

    def __init__(
        self, message: str, *, status: int = 0, category: str = "", correlation_id: str = "", detail: object = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.correlation_id = correlation_id
        self.detail = detail


class NotFound(HubSpotError):
    """The record, list or definition does not exist in this portal."""


class AnswerTooLarge(HubSpotError):
    """An answer is larger or more deeply nested than one that is read; fewer records at once may do."""


class InvalidValues(HubSpotError):
    """HubSpot's validation refused at least one value of the request; `detail` holds its reasons."""


class DailyLimit(HubSpotError):
    """The account's calls for today are used up."""


class ModelError(HsaiError):
    """The model's API answered with an error; carries the HTTP status, code and request id."""

    def __init__(self, message: str, *, status: int = 0, code: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.request_id = request_id


class UnknownModel(ModelError):
    """The model does not exist or this key may not use it."""


class SettingNotSupported(ModelError):
    """The model does not take a setting (temperature, reasoning effort, …); `setting` names it."""

    def __init__(self, message: str, *, setting: str, status: int = 400, code: str = "", request_id: str = "") -> None:
        super().__init__(message, status=status, code=code, request_id=request_id)
        self.setting = setting


class NoQuota(ModelError):
    """The account has no quota or money left; waiting does not help."""


class UnknownObjectType(HsaiError):
    """No such object type in this portal."""


class UnknownProperty(HsaiError):
    """No such property on this object type."""


class UnknownList(HsaiError):
    """No such list of these records in this portal."""


class UnknownOwner(HsaiError):
    """No such active owner or team in this portal, or a name that fits several."""


class WhereError(HsaiError):
    """A `where` condition that cannot be understood or is more than HubSpot's search takes."""


class PullError(HsaiError):
    """Records that cannot be pulled as asked: what was asked contradicts itself or cannot be understood."""


class PromptError(HsaiError):
    """A prompt that cannot be rendered for these records."""


class FrameError(HsaiError):
    """A DataFrame that cannot be asked about as it is."""


class ReviewError(HsaiError):
    """A decision that cannot be made as asked."""


class AuditError(HsaiError):
    """The log of what was done cannot be narrowed as asked."""


class EvaluationError(HsaiError):
    """An evaluation, a rating or a judge that cannot be made as asked."""


class RunError(HsaiError):
    """A run cannot be made, found or gone on with as it was asked for, or was not agreed to."""


class SandboxFailed(HsaiError):
    """The sandbox could not be started or filled."""


class ReceiptNotFound(HsaiError):
    """No push or action of this workspace has that id, or there was none yet."""


class NotDelivered(HsaiError):
    """A message was not taken by the service that it went to."""


class DeliveryUncertain(NotDelivered):
    """A message of which nobody knows whether it arrived, since the answer to it was lost."""


class PushRefused(HsaiError):
    """A write that must not happen as asked."""


class NothingApproved(PushRefused):
    """A plan of which nothing is approved yet."""


class ActionRefused(PushRefused):
    """An action that must not be done as asked, or whose settings cannot be meant."""


class CommandError(HsaiError):
    """A command whose words contradict each other, or name what is not here."""


class NothingToDo(HsaiError):
    """There is nothing of the kind here to go on with: no run, no receipt, nothing that was broken off."""


class PackageMissing(HsaiError):
    """A package of an extra is not installed; the message says how to install it."""


class LabError(HsaiError):
    """JupyterLab or the page of the panels did not start."""


class WorkStopped(KeyboardInterrupt):
    """The work was interrupted; the message says what is kept and how to go on.

    A KeyboardInterrupt, so that "Run all" and scripts stop here too instead of going on with half the answers.
    """

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


_OLD_NAMES = {
    "MissingAddress": AddressNotFound,
    "MissingKey": KeyNotFound,
    "MissingScopes": ScopesMissing,
    "RefusedKey": KeyRefused,
    "Stopped": WorkStopped,
    "Unsettled": WriteUncertain,
    "UnsupportedSetting": SettingNotSupported,
}


def __getattr__(name: str) -> type[BaseException]:
    """Return an error by its name of 0.1, for one more release."""
    if (new := _OLD_NAMES.get(name)) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(f"{name} is called {new.__name__} now.", DeprecationWarning, stacklevel=2)
    return new
