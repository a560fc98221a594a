"""Transcriptions in capital letters, with as many exclamation marks as SHOUT_MARKS says."""

from __future__ import annotations

import os

from openrouter_stt import Call, HookSpecs, Transcription, hookimpl


class Shout(HookSpecs):
    """Shouts what was said."""

    def __init__(self) -> None:
        self.marks = os.environ.get("SHOUT_MARKS", "1")

    @property
    def fingerprint(self) -> str:
        """Kept answers are of use only where as loud."""
        return self.marks

    @hookimpl
    def finish(self, call: Call, transcription: Transcription) -> Transcription:
        return transcription.replace(text=transcription.text.upper() + "!" * int(self.marks))
