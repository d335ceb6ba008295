"""`python -m hsai_kit.sandbox` serves HubSpot's and OpenAI's doubles on loopback until it is stopped."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from pathlib import Path

from hsai_kit.sandbox.database import DataFileError
from hsai_kit.sandbox.doubles import SandboxSettings
from hsai_kit.sandbox.faults import FaultSpec, FaultSpecError, parse_fault
from hsai_kit.sandbox.portal import LoadError
from hsai_kit.sandbox.server import PortError, serve


def main(arguments: list[str] | None = None) -> int:
    """Serve; the exit code is 0 after an orderly end and 2 where it could not begin."""
    options = _build_parser().parse_args(arguments)
    keys = json.loads(sys.stdin.buffer.readline() or b"{}") if options.parent else {}
    settings = SandboxSettings(
        hubspot_token=keys.get("hubspot_token") or options.hubspot_token or _make_token(),
        openai_key=keys.get("openai_key") or options.openai_key or f"sk-proj-{secrets.token_urlsafe(36)}",
        control_token=secrets.token_urlsafe(24),
        data=options.data,
        seed=options.seed,
        contacts=options.contacts,
        load=dict(options.load),
        faults=options.fault,
    )
    try:
        serve(settings, port=options.port, with_parent=options.parent)
    except (LoadError, DataFileError, PortError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _make_token() -> str:
    number = secrets.token_hex(16)
    return "pat-na1-" + "-".join((number[:8], number[8:12], number[12:16], number[16:20], number[20:]))


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hsai_kit.sandbox", description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add("--port", type=int, default=0, help="the port on 127.0.0.1 (default: a free one)")
    add("--data", type=Path, metavar="FILE", help="keep the state in this SQLite file (default: in memory)")
    add("--seed", type=int, default=7, help="the seed of a new portal (default: 7)")
    add("--contacts", type=int, default=2400, help="how many contacts a new portal has (default: 2400)")
    add("--hubspot-token", metavar="TOKEN", help="the token that HubSpot's double takes (default: a random one)")
    add("--openai-key", metavar="KEY", help="the key that OpenAI's double takes (default: a random one)")
    add(
        "--load",
        type=_parse_load,
        action="append",
        default=[],
        metavar="TYPE=FILE",
        help="fill the portal from a CSV or Excel export, as in contacts=export.csv; can be repeated",
    )
    add(
        "--fault",
        type=_parse_fault,
        action="append",
        default=[],
        metavar="SPEC",
        help="a fault, as in openai:rate_limit:rate=0.05 or hubspot:500:count=1; can be repeated",
    )
    add("--parent", action="store_true", help="read keys as JSON from the first line of stdin; end when it ends")
    return parser


def _parse_load(text: str) -> tuple[str, Path]:
    object_type, equals, file = text.partition("=")
    if not (object_type and equals and file):
        message = f"{text!r} is not TYPE=FILE, as in contacts=export.csv"
        raise argparse.ArgumentTypeError(message)
    return object_type, Path(file)


def _parse_fault(text: str) -> FaultSpec:
    try:
        return parse_fault(text)
    except FaultSpecError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
