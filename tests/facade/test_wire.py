"""Answers are read with whatever fits, as the spec may ask more of them tomorrow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import attrs
import pytest

from openrouter_stt._wire import fitting


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
    read = fitting(Verbose, {"text": "hello", "segments": segments, "language": "en"})
    assert read == Verbose("hello", kept, "en")
