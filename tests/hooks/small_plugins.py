"""Plugins made on the spot, from a few functions each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openrouter_stt import Event, Transcription, hookimpl


class Small:
    """A plugin of the given functions, named after their hooks; a function that is not marked yet is marked."""

    def __init__(self, name: str, **hooks: Callable[..., Any]) -> None:
        self.name = name
        for hook, function in hooks.items():
            setattr(self, hook, function if hasattr(function, "openrouter_stt_impl") else hookimpl(function))


class Observer:
    """A plugin that keeps the events it is told."""

    name = "observer"

    def __init__(self) -> None:
        self.events: list[Event] = []

    @hookimpl
    def event(self, event: Event) -> None:
        self.events.append(event)


def answering(text: str = "hello", *, name: str = "engine") -> Small:
    """Make a plugin that answers every call by itself, so that no test needs a network."""
    return Small(name, answer=lambda call: Transcription(text=text, model=call.model))


def adding(name: str) -> Small:
    """Make a plugin that puts its name behind the text of every answer."""
    return Small(name, finish=lambda transcription: transcription.replace(text=f"{transcription.text} {name}"))


def notes(error: BaseException) -> list[str]:
    """Return the notes of an error, which is where blame stands."""
    return getattr(error, "__notes__", [])
