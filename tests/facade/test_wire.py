"""Answers are read with whatever fits, as the spec may ask more of them tomorrow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import attrs
import pytest

from openrouter_stt import ConfigurationError
from openrouter_stt._wire import checked_options, fitting


@attrs.frozen
class Verbose:
    """An answer as a later spec may have it: with segments, which are a list of objects."""

    text: str
    segments: tuple[str, ...] = ()
    language: str | None = None

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any], /) -> Self:
        segments = tuple(each["text"] for each in src_dict.get("segments", ()))
        return cls(src_dict["text"], segments, src_dict.get("language"))


@pytest.mark.parametrize(
    ("segments", "kept"),
    [([{"text": "hel"}, {"text": "lo"}], ("hel", "lo")), ([{"word": "hel"}], ()), ("?", ()), (None, ())],
)
def test_field_that_does_not_fit_costs_itself_alone(segments: object, kept: tuple[str, ...]) -> None:
    """A paid transcript, and the fields that fit, outlive a wrong one."""
    read = fitting(Verbose.from_dict, {"text": "hello", "segments": segments, "language": "en"})
    assert read == Verbose("hello", kept, "en")


def test_nothing_that_fits_is_none() -> None:
    """The text is kept elsewhere."""

    def read(_: Mapping[str, Any]) -> None:
        raise ValueError("unfit")

    assert fitting(read, {"text": "hello", "language": "en"}) is None


def test_options_that_are_nested_too_deeply_are_a_wrong_setting() -> None:
    """Before they are walked over by anything that cannot."""
    nested: dict[str, Any] = {}
    for _ in range(100_000):
        nested = {"deeper": nested}
    with pytest.raises(ConfigurationError, match="nested too deeply"):
        checked_options({"provider": nested})


def test_fields_that_fit_outlive_two_that_do_not() -> None:
    """Each is tried by itself."""

    def read(document: Mapping[str, Any]) -> list[str]:
        if {"wrong", "worse"} & document.keys():
            raise ValueError("unfit")
        return sorted(document)

    assert fitting(read, {"text": "hello", "wrong": 1, "worse": 2, "language": "en"}) == ["language", "text"]
