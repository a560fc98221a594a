"""What these tests know of the API: only what the generated package on the path says of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Literal, Required, Union, get_args, get_origin, is_typeddict

import pytest

from openrouter_stt._wire import OPTIONS, Option, TranscriptionOptions
from openrouter_stt_api.providers import PROVIDER_SLUGS

both = pytest.mark.parametrize("world", ["sync", "asyncio"], indirect=True)
_SCALARS: dict[Any, Any] = {str: "text", int: 3, float: 0.5, bool: True}


def example_of(option: Option) -> Any:
    """A value that fits the option."""
    return _value(TranscriptionOptions.__annotations__[option.name])


def examples() -> dict[str, Any]:
    """A value for every option, by its name in Python."""
    return {option.name: example_of(option) for option in OPTIONS}


def on_the_wire(given: dict[str, Any]) -> dict[str, Any]:
    """The same by the names that the API reads."""
    return {option.field or option.name: given[option.name] for option in OPTIONS if option.name in given}


def _value(kind: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _value(next(argument for argument in arguments if argument is not NoneType))
    if origin is Required:
        return _value(arguments[0])
    if origin is Literal:
        return arguments[0]
    if origin is Sequence:
        return [_value(arguments[0])]
    if origin is Mapping:
        return {min(PROVIDER_SLUGS, default="key"): _value(arguments[1])}
    if is_typeddict(kind):
        return {name: _value(member) for name, member in kind.__annotations__.items()}
    return _SCALARS.get(kind, "anything")
