"""Checks of single fields, and the errors that several endpoints share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.openai.catalog import CONTEXT_TOKENS
from hsai_kit.sandbox.openai.wire import OpenAIError

if TYPE_CHECKING:
    from hsai_kit.sandbox.openai.catalog import Model

_TIERS = ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")
_SAMPLING = {"temperature": 2.0, "top_p": 1.0}  # the highest value of each; the lowest is 0


def wrong_type(param: str, expected: str, value: Any) -> OpenAIError:
    """Make the 400 for a value of the wrong type."""
    message = f"Invalid type for '{param}': expected {expected}, but got {_type_name(value)} instead."
    return OpenAIError(400, message, code="invalid_type", param=param)


def invalid_value(param: str, value: Any, allowed: tuple[str, ...]) -> OpenAIError:
    """Make the 400 for a word that is none of those allowed."""
    message = f"Invalid value: '{value}'. Supported values are: {', '.join(repr(one) for one in allowed)}."
    return OpenAIError(400, message, code="invalid_value", param=param)


def _type_name(value: Any) -> str:
    names = {bool: "a boolean", int: "an integer", float: "a decimal", str: "a string", list: "an array"}
    return "null" if value is None else names.get(type(value), "an object")


def build_unsupported_error(param: str, model: Model) -> OpenAIError:
    """Make the 400 for a field that the model does not take."""
    message = f"Unsupported parameter: '{param}' is not supported with the model '{model.id}'."
    return OpenAIError(400, message, code="unsupported_parameter", param=param)


def check_sampling(model: Model, body: dict[str, Any]) -> None:
    """Check temperature and top_p."""
    for name, highest in _SAMPLING.items():
        value = body.get(name)
        if value is None:
            continue
        if not model.takes_temperature:
            raise build_unsupported_error(name, model)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_type(name, "a decimal", value)
        if not 0 <= value <= highest:
            raise out_of_range(name, "decimal", value, 0, highest)


def out_of_range(param: str, kind: str, value: float, least: float, most: float = float("inf")) -> OpenAIError:
    """Make the 400 for a number that is too small or too large."""
    is_below = value < least
    side, bound = ("minimum", f">= {least:g}") if is_below else ("maximum", f"<= {most:g}")
    message = (
        f"Invalid '{param}': {kind} {'below' if is_below else 'above'} {side} value. "
        f"Expected a value {bound}, but got {value} instead."
    )
    code = f"{kind}_{'below_min' if is_below else 'above_max'}_value"
    return OpenAIError(400, message, code=code, param=param)


def too_long(tokens: int) -> OpenAIError:
    """Make the 400 for an input that does not fit into the context window."""
    message = f"The input has {tokens} tokens, more than the {CONTEXT_TOKENS} of the model's context window."
    return OpenAIError(400, message, code="context_length_exceeded", param="input")


def check_rest(body: dict[str, Any]) -> None:
    """Check the fields that only have to be well formed."""
    tier = body.get("service_tier")
    if tier is not None and tier not in _TIERS:
        raise invalid_value("service_tier", tier, _TIERS)
    truncation = body.get("truncation")
    if truncation not in (None, "auto", "disabled"):
        raise invalid_value("truncation", truncation, ("auto", "disabled"))
    for name, longest in (("safety_identifier", 128), ("prompt_cache_key", 64)):
        value = body.get(name)
        if value is not None and not isinstance(value, str):
            raise wrong_type(name, "a string", value)
        if value is not None and len(value) > longest:
            message = f"Invalid '{name}': string too long. Expected at most {longest} characters, but got {len(value)}."
            raise OpenAIError(400, message, code="string_above_max_length", param=name)
    check_metadata(body.get("metadata"))


def check_metadata(metadata: Any) -> None:
    """Check metadata: at most 16 pairs, names of 64 and values of 512 characters at most."""
    if metadata is None:
        return
    if not isinstance(metadata, dict):
        raise wrong_type("metadata", "an object", metadata)
    if len(metadata) > 16:
        message = f"Invalid 'metadata': too many properties. Expected at most 16, but got {len(metadata)}."
        raise OpenAIError(400, message, code="object_above_max_properties", param="metadata")
    for name, value in metadata.items():
        if not isinstance(value, str):
            raise wrong_type(f"metadata.{name}", "a string", value)
        if len(name) > 64 or len(value) > 512:
            message = f"Invalid 'metadata.{name[:64]}': names have at most 64 characters, values at most 512."
            raise OpenAIError(400, message, code="string_above_max_length", param=f"metadata.{name[:64]}")
