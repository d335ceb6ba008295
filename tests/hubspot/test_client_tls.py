"""A connection that cannot be made safe is a sentence, as behind a proxy with a certificate of its own."""

from __future__ import annotations

import pytest

from hsai_kit import connect
from hsai_kit.errors import NoConnection


def test_a_failure_of_tls_says_what_openssl_says(keys, monkeypatch, tmp_path):
    monkeypatch.setenv("HUBSPOT_BASE_URL", keys.hubspot_url.replace("http://", "https://"))
    with pytest.raises(NoConnection, match=r"cannot be reached safely \(.*SSL.*\)\. Check the network"):
        connect(workspace=tmp_path / "workspace")
