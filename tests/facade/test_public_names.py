"""The names that `openrouter_stt` gives to the world."""

from __future__ import annotations

import inspect
import typing
from typing import Any

import pytest

import openrouter_stt
from openrouter_stt import STOP, AsyncClient, Client, Source, Stop, Transcription, transcribe

PUBLIC: list[str] = vars(openrouter_stt)["__all__"]  # type checkers do not see it


def test_public_names_are_sorted_and_exist() -> None:
    assert sorted(PUBLIC) == PUBLIC
    assert all(hasattr(openrouter_stt, name) for name in PUBLIC)


def test_public_names_show_their_public_path() -> None:
    """In tracebacks, reprs and pickles."""
    for name in PUBLIC:
        public = getattr(openrouter_stt, name)
        if isinstance(public, type) or callable(public):
            assert public.__module__ in ("openrouter_stt", "typing", "collections.abc"), name


def test_what_plugins_and_filters_name_is_public() -> None:
    """The type of STOP, for annotations, and the warning of a plugin left out, for filters of warnings."""
    assert {"PluginLeftOut", "STOP", "Stop"} <= set(PUBLIC)
    assert type(STOP) is Stop
    assert issubclass(openrouter_stt.PluginLeftOut, RuntimeWarning)


def test_a_source_can_be_part_of_a_type_at_run_time() -> None:
    """Frameworks evaluate the annotations of those who use the library."""
    assert set(typing.get_args(Source | None)) == {*typing.get_args(Source), type(None)}


@pytest.mark.parametrize("function", [Client.transcribe, AsyncClient.transcribe, transcribe])
def test_annotations_of_transcribe_can_be_evaluated(function: Any) -> None:
    """For every argument, the options of the spec among them."""
    hints = typing.get_type_hints(function)
    assert hints.keys() == {*inspect.signature(function).parameters, "return"} - {"self"}
    assert (hints["source"], hints["return"]) == (Source, Transcription)
