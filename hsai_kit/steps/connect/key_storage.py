"""Keys: checked with their services, kept, switched and forgotten."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping

from pydantic import SecretStr

from hsai_kit.credentials.backends import ENVIRONMENT, LABEL, KeyHome, Service
from hsai_kit.credentials.lookup import KeyLocation, current_portal, find_key, key_homes, remember_portal
from hsai_kit.errors import KeyNotFound, KeyProblem
from hsai_kit.hubspot.account import Portal, read_portal
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.llm.client import LLMClient
from hsai_kit.llm.models import read_models
from hsai_kit.runtime import background

# How keys begin; others are taken as well, but never one that begins as the other service's.
_FORMS: Mapping[Service, str] = {"hubspot": "pat-", "openai": "sk-"}


def keep_keys(
    home: KeyHome, *, hubspot_key: SecretStr | None, openai_key: SecretStr | None, portal_id: int | None = None
) -> Portal:
    """Check the given keys with their services, keep them at `home`, and return the portal they are bound to.

    A portal has one OpenAI key: a new one takes the old one's place, wherever that was kept. With an OpenAI key alone,
    `portal_id` (or the portal last used) says which portal it is for. Nothing is kept unless every given key was
    accepted.
    """
    found = find_key("hubspot", hubspot_key, portal_id or current_portal())
    refuse_garbled("hubspot", found)
    if openai_key is not None:
        refuse_garbled("openai", find_key("openai", openai_key, None))
    portal = _read_portal(found.secret)
    if portal_id is not None and portal.id != portal_id:
        raise KeyProblem(f"This HubSpot key belongs to portal {portal.id}, not to {portal_id}. Nothing was kept.")
    if openai_key is not None:
        background.run(_check_openai(openai_key))
    kept: tuple[tuple[Service, SecretStr | None], ...] = (("hubspot", hubspot_key), ("openai", openai_key))
    for service, secret in kept:
        if secret is not None:
            home.write(service, portal.id, secret)
            # An old key in another place would be found first, or stay behind unseen.
            for other in key_homes():
                if other.place != home.place:
                    other.delete(service, portal.id)
    remember_portal(portal.id)
    return portal


def check_key(service: Service, secret: SecretStr) -> str:
    """Ask a service whether it takes a key and return in words what the key is for; nothing is kept.

    Raises KeyRefused, KeyProblem or NoConnection, each with the way out.
    """
    refuse_garbled(service, KeyLocation(secret, "the field"))
    if service == "openai":
        count = background.run(_check_openai(secret))
        return f"OpenAI takes this key: {count} models may be used with it."
    portal = _read_portal(secret)
    name = f" ({portal.name})" if portal.name else ""
    return f"HubSpot takes this key: it is of portal {portal.id}{name}, {portal.account_type}."


def locate_keys(portal_id: int | None = None) -> dict[Service, str]:
    """Return for each service the place, in words, where a key is found now; services without a key are absent."""
    found: dict[Service, str] = {}
    for service in ENVIRONMENT:
        with contextlib.suppress(KeyNotFound):
            found[service] = find_key(service, None, portal_id or current_portal()).place
    return found


def disconnect(portal_id: int | None = None) -> list[str]:
    """Forget the keys of a portal (without one: the portal last used) and return in words what was forgotten.

    Keys in the environment are not the kit's to remove; they are named, so that nobody thinks them gone.
    """
    portal = portal_id or current_portal()
    services: tuple[Service, ...] = ("hubspot", "openai")
    done = [
        f"Forgot the {LABEL[service]} key of portal {portal} from {home.place}."
        for service in services
        for home in key_homes()
        if portal is not None and home.delete(service, portal)
    ]
    if portal is not None and portal == current_portal():
        remember_portal(None)
    return done + [
        f"{ENVIRONMENT[service]} is still set in the environment."
        for service in services
        if os.environ.get(ENVIRONMENT[service])
    ]


def _read_portal(key: SecretStr) -> Portal:
    with contextlib.closing(HubSpotClient(key, base_url=os.environ.get("HUBSPOT_BASE_URL"))) as hubspot:
        return background.run(read_portal(hubspot))


async def _check_openai(key: SecretStr) -> int:
    client = LLMClient(key, base_url=os.environ.get("OPENAI_BASE_URL"))
    try:
        return sum(not model.has_ended for model in await read_models(client))
    finally:
        await client.close()


def refuse_garbled(service: Service, found: KeyLocation) -> None:
    """Raise KeyProblem for a key of the other service, and for one that no header can carry.

    An HTTP client would show such a one in its own error.
    """
    if problem := _find_garble(service, found.secret):
        raise KeyProblem(f"The {LABEL[service]} key from {found.place} {problem}")


def _find_garble(service: Service, key: SecretStr) -> str:
    # Nothing is raised here: a traceback shows the variables of its frames.
    text = key.get_secret_value()
    if not (text.isascii() and text.isprintable()):
        return (
            "has characters in it that no key has, such as a line break or a curly quote. "
            "Copy it again, all of it and nothing else."
        )
    other: Service = "hubspot" if service == "openai" else "openai"
    return f"looks like a key of {LABEL[other]}. Exchange them." if text.startswith(_FORMS[other]) else ""
