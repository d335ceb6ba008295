"""Which addresses are on this computer, and which proxy leads to those that are not."""

from __future__ import annotations

import contextlib
import os
import socketserver
import subprocess
import sys
import threading

import pytest
from pydantic import SecretStr

from hsai_kit.errors import HsaiError
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.runtime import background
from hsai_kit.runtime.network import find_proxy, is_loopback

PROXIED = """
from hsai_kit import ask, connect, pull
with connect(sandbox=True) as hub:
    ask(hub, pull(hub, "contacts", ["state", "country"], limit=3), "state-abbreviations")
"""


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/v1", "http://localhost/", "http://[::1]:9/x", "http://127.9.9.9"]
)
def test_addresses_on_this_computer_are_told(url):
    assert is_loopback(url)


@pytest.mark.parametrize("url", [None, "", "https://api.hubapi.com", "http://127.0.0.1.example.com", "http://10.0.0.1"])
def test_addresses_in_the_world_are_told(url):
    assert not is_loopback(url)


def test_the_environments_proxy_leads_to_hubspot_but_not_to_the_sandbox(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert find_proxy("https://api.hubapi.com") == "http://proxy.example:3128"
    assert find_proxy("http://127.0.0.1:8000/hubspot") is None
    monkeypatch.setenv("NO_PROXY", "hubapi.com")
    assert find_proxy("https://api.hubapi.com") is None


def test_the_sandbox_works_on_a_computer_whose_environment_names_a_proxy(tmp_path):
    dead_end = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, "-c", PROXIED],
        cwd=tmp_path,
        env={**os.environ, **dead_end},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()


def test_calls_to_hubspot_go_through_the_environments_proxy(monkeypatch):
    asked = []

    class Refusing(socketserver.StreamRequestHandler):
        def handle(self):
            asked.append(self.rfile.readline().decode())
            self.wfile.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Refusing) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.server_address[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        client = HubSpotClient(SecretStr("pat-na1-nobody"), base_url="http://hubspot.example")
        with contextlib.closing(client), pytest.raises(HsaiError):
            background.run(client.get("/account-info/v3/details"))
        proxy.shutdown()
    assert asked
    assert asked[0].startswith("GET http://hubspot.example/account-info/v3/details")
