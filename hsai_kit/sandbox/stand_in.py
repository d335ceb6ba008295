"""What the server mounts for a side that is not written yet. Goes away with the last one."""

# mypy: ignore-errors
# ruff: noqa

from types import SimpleNamespace

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route


async def echo(request):
    body = await request.body()
    return JSONResponse({"path": request.url.path, "bytes": len(body)})


class StandIn:
    def __init__(self, database, **keys):
        self.app = Starlette(routes=[Route("/{path:path}", echo, methods=["GET", "POST", "PATCH", "DELETE"])])

    def fault(self, kind, retry_after):
        return JSONResponse({"fault": kind}, status_code=int(kind) if kind.isdigit() else 429)

    def __getattr__(self, name):
        return lambda *arguments, **named: None


def stand_in_portal(*arguments, **named):
    return SimpleNamespace(truth={})


class LoadError(Exception): ...
