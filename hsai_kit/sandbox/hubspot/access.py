"""Who may call: tokens with their states and scopes, and what each part of the API asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hsai_kit.sandbox.credential_state import CredentialState
from hsai_kit.sandbox.hubspot.errors import ErrorCategory, HubSpotError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OBJECT_SCOPES = ("contacts", "companies", "deals", "leads", "products", "line_items", "quotes")
# Of every group, one scope is enough: `(("a", "b"), ("c",))` reads (a or b) and c.
Needs = tuple[tuple[str, ...], ...]
READ, WRITE = "read", "write"
EMAIL_CONTENT_SCOPE = "sales-email-read"

LISTS_READ: Needs = (("crm.lists.read",),)
LISTS_WRITE: Needs = (("crm.lists.write",),)
OWNERS_READ: Needs = (("crm.objects.owners.read",),)
SCHEMAS_READ: Needs = (("crm.schemas.custom.read",),)
NOTHING: Needs = ()

ALL_SCOPES = frozenset(
    {
        *(f"crm.objects.{x}.{y}" for x in (*OBJECT_SCOPES, "custom") for y in (READ, WRITE)),
        *(f"crm.schemas.{x}.{y}" for x in (*OBJECT_SCOPES, "custom") for y in (READ, WRITE)),
        "crm.lists.read",
        "crm.lists.write",
        "crm.objects.owners.read",
        "crm.import",
        "crm.export",
        "tickets",
        "oauth",
        EMAIL_CONTENT_SCOPE,
    }
)


@dataclass(frozen=True, slots=True)
class Token:
    """One service key; its text stays out of every message and repr."""

    scopes: frozenset[str]
    state: CredentialState
    app_id: int


class Access:
    """The tokens that the portal knows.

    Raises HubSpotError: 401 for a token that is not live, 403 for one without the scopes.
    """

    FIRST_APP_ID = 4_100_001

    def __init__(self, token: str) -> None:
        self._first = token
        self._tokens: dict[str, Token] = {}
        self.reset()

    def reset(self) -> None:
        """Forget all tokens but the first, which may do everything."""
        self._tokens = {}
        self.add(self._first, None, CredentialState.LIVE)

    def add(self, token: str, scopes: Iterable[str] | None, state: str) -> None:
        """Make a token known, or change one; `scopes=None` grants everything."""
        known_state = CredentialState.parse(state, "A token's state")
        granted = ALL_SCOPES if scopes is None else frozenset(scopes)
        known = self._tokens.get(token)
        app_id = self.FIRST_APP_ID + len(self._tokens) if known is None else known.app_id
        self._tokens[token] = Token(granted, known_state, app_id)

    def find(self, token: str) -> Token | None:
        """Return the live token of that text, None for every other."""
        found = self._tokens.get(token)
        return found if found is not None and found.state is CredentialState.LIVE else None

    @staticmethod
    def nobody() -> Token:
        """Return the caller of the one address that takes its token in the body."""
        return Token(frozenset(), CredentialState.LIVE, 0)

    def authenticate(self, authorization: str | None) -> Token:
        """Return the token that a request carries."""
        scheme, _, text = (authorization or "").partition(" ")
        token = self._tokens.get(text.strip()) if scheme.lower() == "bearer" else None
        if token is not None and token.state is CredentialState.LIVE:
            return token
        if token is not None and token.state is CredentialState.EXPIRED:
            message = "The token used to make this call has expired."
            raise HubSpotError(401, message, ErrorCategory.EXPIRED_AUTHENTICATION)
        message = "Authentication credentials not found or not valid. Send a token as: Authorization: Bearer"
        raise HubSpotError(401, message, ErrorCategory.INVALID_AUTHENTICATION)


def require(token: Token, needs: Sequence[Sequence[str]]) -> None:
    """Raise a 403 that names every scope that would have helped, if one is missing."""
    missing = [scope for group in needs if token.scopes.isdisjoint(group) for scope in group]
    if not missing:
        return
    detail = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": missing},
    }
    message = "This app hasn't been granted all required scopes to make this call."
    links = {"scopes": "https://developers.hubspot.com/scopes"}
    raise HubSpotError(403, message, ErrorCategory.MISSING_SCOPES, errors=[detail], extra={"links": links})


def list_object_needs(name: str, *, custom: bool, action: str) -> Needs:
    """Name the scope for records of a type; activities go with contacts."""
    if custom:
        return ((f"crm.objects.custom.{action}",),)
    if name == "tickets":
        return (("tickets",),)
    family = name if name in OBJECT_SCOPES else "contacts"
    return ((f"crm.objects.{family}.{action}",),)


def list_definition_needs(name: str, *, custom: bool, action: str) -> Needs:
    """Name the scope for property definitions and pipelines; whoever may read records may read those too."""
    if name == "tickets" and not custom:
        return (("tickets",),)
    family = "custom" if custom else name if name in OBJECT_SCOPES else "contacts"
    if action == WRITE:
        return ((f"crm.schemas.{family}.write",),)
    return ((f"crm.objects.{family}.read", f"crm.schemas.{family}.read"),)
