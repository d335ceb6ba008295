"""Addresses for messages (Slack, Teams, e-mail and what else apprise knows): kept like keys, and never shown."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import urllib.parse
from collections.abc import Iterator
from typing import Any

from pydantic import SecretStr

from hsai_kit.credentials.backends import KeyHome, read_note, write_note
from hsai_kit.credentials.lookup import KeyLocation, find_kept, key_homes
from hsai_kit.errors import AddressNotFound, DeliveryUncertain, KeyProblem, NotDelivered
from hsai_kit.runtime.extras import require_extra

# What says that a part of a message went out, or that a gateway gave up on a service that may have taken it.
_SENT = re.compile(r"\bSent \w+|error=(408|502|504)\b")
# What says that nothing was sent, or that the service said no: no connection, no certificate, or an answer of SMTP.
_NOT_SENT = re.compile(
    r"NewConnection|ConnectTimeout|NameResolution|Connection refused|getaddrinfo|Name or service|SSL|certificate"
    r"|\(\d{3}, b",
    re.IGNORECASE,
)
OWNER_EMAIL = "{owner_email}"
_NAMES = "addresses.json"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def keep_address(home: KeyHome, name: str, address: SecretStr) -> str:
    """Keep an address under `name` and return the kind of service that it leads to.

    Raises KeyProblem for a name that cannot be used and for an address that apprise does not know.
    """
    if not _NAME.fullmatch(name):
        raise KeyProblem(f"{name!r} cannot be a name here. Use small letters, digits and hyphens, such as sales-slack.")
    service = _find_service(_fill_in_owner(address, "somebody@example.com"))
    for other in key_homes():
        if other.place != home.place:
            other.delete("address", name)
    home.write("address", name, address)
    write_note(_NAMES, sorted({*list_addresses(), name}))
    return service


def find_address(name: str) -> KeyLocation:
    """Return the address of that name: from the environment (`HSAI_NOTIFY_SALES_SLACK`), else from where it is kept.

    Raises AddressNotFound with the names that there are.
    """
    require_extra("apprise", "notify", "A message")
    variable = f"HSAI_NOTIFY_{name.upper().replace('-', '_')}"
    if value := os.environ.get(variable, "").strip():
        return KeyLocation(SecretStr(value), f"the environment ({variable})")
    if kept := find_kept("address", name):
        return kept
    known = list_addresses()
    there = f" There are: {', '.join(known)}." if known else ""
    raise AddressNotFound(f"There is no address {name!r}.{there} Keep one with: hsai notify add {name}")


def list_addresses() -> list[str]:
    """Return the names of the addresses that are kept on this computer."""
    names = read_note(_NAMES)
    return [str(name) for name in names] if isinstance(names, list) else []


def forget_address(name: str) -> list[str]:
    """Forget an address and return the places where it was."""
    places = [home.place for home in key_homes() if home.delete("address", name)]
    write_note(_NAMES, [one for one in list_addresses() if one != name])
    return places


def deliver(address: SecretStr, title: str, body: str, *, owner_email: str = "") -> None:
    """Send one message; `{owner_email}` in the address becomes the owner's own.

    Raises NotDelivered where the service did not take it, DeliveryUncertain where it may have taken it all the same.
    Neither the address nor what the service said is in the error: both can hold a password.
    """
    with _mute_loggers() as said:
        sender = _sender(_fill_in_owner(address, owner_email))
        taken = sender is not None and sender.notify(title=title, body=body, body_format="text")
    if not taken and _is_in_doubt("\n".join(said)):
        raise DeliveryUncertain(
            "It is not known whether the message arrived: the answer to it was lost. It is not sent again by itself; "
            "look there first."
        )
    if not taken:
        raise NotDelivered(
            "The message was not taken: the service cannot be reached, or it refused. Try the address with: "
            "hsai notify test NAME"
        )


def _sender(address: SecretStr) -> Any:
    require_extra("apprise", "notify", "A message")
    import apprise

    asset = apprise.AppriseAsset(app_id="hsai_kit", app_desc="Messages about HubSpot records", app_url="")
    sender = apprise.Apprise(asset=asset)
    return sender if sender.add(address.get_secret_value()) else None


def _find_service(address: SecretStr) -> str:
    with _mute_loggers():
        sender = _sender(address)
    if sender is None:
        raise KeyProblem(
            "This is no address that apprise knows. They look like slack://…, msteams://… or mailtos://…; "
            "how each is made up stands at https://github.com/caronc/apprise/wiki. Nothing was kept."
        )
    return str(sender[0].service_name)


def _fill_in_owner(address: SecretStr, owner_email: str) -> SecretStr:
    text = address.get_secret_value().strip()
    return SecretStr(text.replace(OWNER_EMAIL, urllib.parse.quote(owner_email, safe="@")))


def _is_in_doubt(said: str) -> bool:
    """Tell by what apprise logged of a message that was not taken whether it may have arrived.

    Apprise answers only yes or no; that a connection was lost after sending stands in its log.
    """
    if _SENT.search(said):
        return True
    return "Socket Exception" in said and not _NOT_SENT.search(said)


@contextlib.contextmanager
def _mute_loggers() -> Iterator[list[str]]:
    """Keep addresses out of every log, where apprise and the client below it write them; yield what apprise said."""
    said: list[str] = []
    listener = logging.Handler()
    listener.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3", "requests")]
    before = [(logger.level, logger.handlers, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    apprise = loggers[0]
    apprise.handlers, apprise.propagate = [listener], False
    apprise.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        for logger, (level, handlers, propagate) in zip(loggers, before, strict=True):
            logger.setLevel(level)
            logger.handlers, logger.propagate = handlers, propagate
