"""Which addresses are on this computer, and which proxy leads to those that are not."""

from __future__ import annotations

import ipaddress
import urllib.request
from urllib.parse import urlsplit


def is_loopback(url: str | None) -> bool:
    """Tell whether `url` is on this computer; None is a service's own address out in the world."""
    host = urlsplit(url or "").hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def find_proxy(url: str) -> str | None:
    """Return the proxy that the environment or the system names for `url`, or None.

    `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, or the settings of macOS and Windows, as Python itself reads them.
    """
    parts = urlsplit(url)
    if is_loopback(url) or (parts.hostname and urllib.request.proxy_bypass(parts.hostname)):
        return None
    return urllib.request.getproxies().get(parts.scheme)


def explain_way_out(url: str | None, variable: str) -> str:
    """Return what to do where nothing answers at `url`, which the environment's `variable` may have named."""
    if is_loopback(url):
        return (
            "That address is on this computer, and what served there has probably ended, as a sandbox does with its "
            f"terminal. Start it again, or unset {variable} to use the real one."
        )
    return "Check the network (and proxy or VPN), then run the same again."
