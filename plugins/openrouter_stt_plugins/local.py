"""Answer models named `local/...` on this machine, with no key and no network."""

from __future__ import annotations

import re
import warnings
from functools import partial
from typing import Final

from openrouter_stt import (
    APITimeoutError,
    Audio,
    AudioError,
    Call,
    ConfigurationError,
    HookSpecs,
    Transcription,
    Usage,
    hookimpl,
)

from ._pcm import wav_of
from ._speech import ENGINES, recognise

PREFIX: Final = "local/"
# Written otherwise, it is a mistake, and the recording not to be sent; a server may know models by paths from its root.
_LOCAL: Final = re.compile(r"(?!/)[\W_]*local[^\w/\\:-]*([/\\:]|$)", re.IGNORECASE)
_EXTRAS: Final = {"moonshine-tiny": "local", "whisper-tiny.en": "local-whisper"}


def _is_local(call: Call) -> bool:
    return _LOCAL.match(call.model) is not None


class Local(HookSpecs):
    """English speech recognition by small models that come inside packages; nothing is downloaded."""

    name = "local"

    @hookimpl(blocking=_is_local)
    def answer(self, call: Call) -> Transcription | None:
        if not _is_local(call):
            return None
        model = call.model.removeprefix(PREFIX)
        _check(model, call)
        try:
            with _file_of(call.audio).open() as file:
                text, seconds = recognise(model, file, call.audio.name, progress=partial(_in_time, call))
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f'{call.model} needs the package {error.name}: install "openrouter-stt[{_EXTRAS[model]}]"'
            ) from None
        except ImportError as error:
            raise ConfigurationError(f"{call.model} does not run on this machine: {error}") from None
        except ValueError as error:
            raise AudioError(str(error)) from None
        return Transcription(text=text, model=call.model, usage=Usage(seconds=seconds, cost=0.0))


def _in_time(call: Call, done: float, total: float) -> None:
    if not call.remaining:
        raise APITimeoutError(f"the deadline of the call passed after {done:.0f} of {total:.0f} seconds of audio")


def _check(model: str, call: Call) -> None:
    if model not in ENGINES:
        known = ", ".join(PREFIX + name for name in ENGINES)
        raise ConfigurationError(
            f"no model {call.model!r} on this machine; there are {known}; for one of the server's, disable=['local']"
        )
    language = str(call.options.get("language", "en"))
    if language.lower().partition("-")[0] != "en":
        raise ConfigurationError(f"{call.model} understands English alone, not {language!r}")
    if unused := sorted(call.options.keys() - {"language"}):
        warnings.warn(f"{call.model} makes no use of {', '.join(unused)}", stacklevel=2)


def _file_of(audio: Audio) -> Audio:
    if audio.pcm is None:
        return audio
    return wav_of(audio, audio.pcm)


plugin = Local
