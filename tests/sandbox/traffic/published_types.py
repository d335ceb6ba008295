"""What an API takes and answers by the types of a published client, read from the client's own source.

Each method of a generated client names the address that it calls, the type of its body and of its query, and the type
of the answer. `read_operations` collects them, and `Operation.check_body` and the like hold JSON against them strictly:
a field that the types do not declare is an error, and so is one of another type or one that is missing.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
import sys
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, Required, TypeVar, Union, get_args, get_origin

import httpx
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from typing_extensions import get_type_hints, is_typeddict

METHODS = {
    "_get": "GET",
    "_get_api_list": "GET",
    "_post": "POST",
    "_put": "PUT",
    "_patch": "PATCH",
    "_delete": "DELETE",
}
_NOTHING = (type(None), None)


@dataclass(frozen=True, eq=False)
class Operation:
    """One call that a published client can make; a type is None where it sends or gets nothing."""

    method: str
    template: str
    body: Any
    query: Any
    answer: Any

    @property
    def pattern(self) -> re.Pattern[str]:
        """What the paths of this operation look like."""
        return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.template)))

    def check_body(self, body: Any) -> list[str]:
        """Say what is wrong with a request's body, a line each."""
        if self.body is None:
            return [] if body is None else ["$: the published client sends no body here"]
        found = _explain(lambda: _params_adapter(self.body).validate_json(json.dumps(body), strict=True))
        # Parts of the path stand among the parameters of some methods.
        in_path = {f"$.{_to_camel_case(name)}: Field required" for name in re.findall(r"{(\w+)}", self.template)}
        return [problem for problem in found if problem not in in_path]

    def check_query(self, query: Iterable[str]) -> list[str]:
        """Say which of a query's parameters are not declared."""
        known = set() if self.query is None else _list_names(self.query)
        return [f"?{name}: not declared" for name in query if name not in known]

    def check_answer(self, body: Any) -> list[str]:
        """Say what is wrong with an answer's body."""
        if self.answer in _NOTHING:
            return [] if body is None else ["$: the published client reads no body here"]
        return check_model(self.answer, body)


def check_model(wanted: Any, body: Any) -> list[str]:
    """Say what is wrong with JSON that should be of a client's model."""
    adapter, text = _answer_adapter(wanted), json.dumps(body)
    found = _explain(lambda: adapter.validate_json(text, strict=True))
    return found or list(_find_undeclared(adapter.validate_json(text), "$"))


def read_operations(*packages: str) -> list[Operation]:
    """Collect what the modules of some packages call, those of the asynchronous clients left out."""
    found: dict[tuple[str, str], Operation] = {}
    for name in packages:
        package = importlib.import_module(name)
        places = getattr(package, "__path__", None)
        names = [one.name for one in pkgutil.walk_packages(places, f"{name}.")] if places else []
        for module in (package, *map(importlib.import_module, names)):
            for one in _read_module(module):
                found.setdefault((one.method, one.template), one)
    return list(found.values())


def find_operation(operations: Iterable[Operation], method: str, path: str) -> Operation | None:
    """Return the operation of a request, the one with the most fixed parts where several fit."""
    fits = [one for one in operations if one.method == method and one.pattern.fullmatch(path)]
    return min(fits, key=lambda one: one.template.count("{"), default=None)


def _read_module(module: types.ModuleType) -> Iterable[Operation]:
    if module.__file__ is None or not hasattr(module, "__name__"):
        return
    tree = ast.parse(Path(module.__file__).read_text("utf-8"))
    names = vars(module)
    for outer in tree.body:
        if not isinstance(outer, ast.ClassDef) or outer.name.startswith("Async"):
            continue
        for call in ast.walk(outer):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in METHODS:
                operation = _read_call(call, METHODS[call.func.attr], names)
                if operation is not None:
                    yield operation


def _read_call(call: ast.Call, method: str, names: Mapping[str, Any]) -> Operation | None:
    template = _read_template(call.args[0]) if call.args else None
    if template is None:
        return None
    given = {one.arg: one.value for one in call.keywords}
    method = _read_text(given.get("method")).upper() or method
    page = given.get("page") or given.get("cast_to")
    options = given.get("options")
    query = next((one.value for one in getattr(options, "keywords", ()) if one.arg == "query"), None)
    return Operation(
        method,
        template,
        _read_transform(given.get("body"), names),
        _read_transform(query, names),
        _evaluate(page.args[1] if isinstance(page, ast.Call) and len(page.args) == 2 else page, names),
    )


def _read_template(node: ast.expr) -> str | None:
    if isinstance(node, ast.Call) and node.args:
        node = node.args[0]
    return _read_text(node) or None


def _read_text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _read_transform(node: ast.expr | None, names: Mapping[str, Any]) -> Any:
    """Find the type in `maybe_transform({…}, Type)`, a union where it depends on an argument."""
    if isinstance(node, ast.Name):
        return None
    if not isinstance(node, ast.Call) or len(node.args) != 2:
        return None
    wanted = node.args[1]
    if isinstance(wanted, ast.IfExp):
        return Union[_evaluate(wanted.body, names), _evaluate(wanted.orelse, names)]  # noqa: UP007  # built, not written
    return _evaluate(wanted, names)


def _evaluate(node: ast.expr | None, names: Mapping[str, Any]) -> Any:
    return None if node is None else eval(compile(ast.Expression(node), "<client>", "eval"), dict(names))


@cache
def _answer_adapter(wanted: Any) -> TypeAdapter[Any]:
    return TypeAdapter(wanted)


@cache
def _params_adapter(wanted: Any) -> TypeAdapter[Any]:
    return TypeAdapter(_strict(wanted))


@cache
def _strict(wanted: Any) -> Any:
    """Turn the typed dictionaries within a type into models that take nothing undeclared."""
    if is_typeddict(wanted):
        return _strict_model(wanted)
    if isinstance(wanted, types.GenericAlias) or get_origin(wanted) is not None:
        origin, parts = get_origin(wanted), get_args(wanted)
        if origin in (Required, NotRequired, Annotated):
            return _strict(parts[0])
        if origin in (Union, types.UnionType):
            return Union[tuple(_strict(one) for one in parts)]  # noqa: UP007
        if origin is Literal:
            return wanted
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return dict[str, _strict(parts[1])]  # type: ignore[misc]
        return list[_strict(parts[0])]  # type: ignore[misc]  # every other generic of these types is a sequence
    if wanted in (httpx.URL, object) or isinstance(wanted, TypeVar):
        return Any
    return wanted


def _strict_model(wanted: Any) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for place, (name, hint) in enumerate(_hints(wanted).items()):
        inner = _strict(hint)
        needed = _is_required(wanted, name, hint)
        fields[f"field_{place}"] = (
            inner if needed else inner | None if isinstance(inner, type) else inner,
            Field(... if needed else None, alias=_alias(hint) or name),
        )
    return create_model(wanted.__name__, __config__=ConfigDict(extra="forbid", arbitrary_types_allowed=True), **fields)


def _is_required(wanted: Any, name: str, hint: Any) -> bool:
    # `Required` stands in annotations that are texts, where `__required_keys__` does not see it.
    return get_origin(hint) is Required or (name in wanted.__required_keys__ and get_origin(hint) is not NotRequired)


def _hints(wanted: Any) -> dict[str, Any]:
    return get_type_hints(wanted, vars(sys.modules[wanted.__module__]), include_extras=True)


def _alias(hint: Any) -> str | None:
    if get_origin(hint) in (Required, NotRequired):
        hint = get_args(hint)[0]
    if get_origin(hint) is Annotated:
        return next((alias for one in get_args(hint)[1:] if (alias := getattr(one, "alias", None))), None)
    return None


def _explain(validate: Any) -> list[str]:
    try:
        validate()
    except ValidationError as error:
        return [f"${''.join(f'.{one}' for one in told['loc'])}: {told['msg']}" for told in error.errors()]
    return []


def _find_undeclared(value: Any, place: str) -> Iterable[str]:
    if isinstance(value, BaseModel):
        yield from (f"{place}.{name}: not declared" for name in value.model_extra or ())
        for name, field in type(value).model_fields.items():
            yield from _find_undeclared(getattr(value, name), f"{place}.{field.alias or name}")
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _find_undeclared(one, f"{place}.{name}")
    elif isinstance(value, list | tuple):
        for index, one in enumerate(value):
            yield from _find_undeclared(one, f"{place}.{index}")


def _to_camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(one.capitalize() for one in others)


def _list_names(wanted: Any) -> set[str]:
    """List the names that a typed dictionary, or any of several, gives to its fields on the wire."""
    if is_typeddict(wanted):
        return {_alias(hint) or name for name, hint in _hints(wanted).items()}
    return set().union(*map(_list_names, get_args(wanted)))
