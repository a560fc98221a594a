"""Find out what format a recording has, from its content, and put raw samples into a file."""

from __future__ import annotations

import warnings
from typing import Final

import attrs

from openrouter_stt import PCM, Audio, AudioError, Call, ConfigurationError, HookSpecs, hookimpl

from ._audio_probe import KNOWN_FORMATS, describe_non_audio, name_agrees, probe
from ._pcm import pcm_to_flac, wav_of

HEAD: Final = 4096  # bytes, enough to tell what is no audio
_NO_FLAC: Final = 'writing FLAC needs PyAV: install "openrouter-stt[audio]", or send WAV'


def _compresses(audio: Audio, call: Call) -> bool:
    return audio.pcm is not None and call.format == "flac"


class Encoding(HookSpecs):
    """Sends files as they are and raw samples as WAV, or as FLAC where that format is asked for.

    The content tells the format, not the name; a `format` that the caller states is believed.
    """

    name = "encoding"

    @hookimpl(blocking=_compresses)
    def encode_audio(self, audio: Audio, call: Call) -> Audio:
        if audio.pcm is not None:
            return _file_of_samples(audio, audio.pcm, call.format or "wav")
        stated = call.format or audio.format
        return audio.replace(format=stated) if stated else _recognised(audio)


def _recognised(audio: Audio) -> Audio:
    with audio.open() as file:
        info = probe(file, audio.size)
        if info is None:
            file.seek(0)
            raise AudioError(_unknown(audio, file.read(HEAD)))
    if info.codec is None:
        raise AudioError(f"{audio.label} is {info.format} without audio in it, or cut short. Nothing was sent")
    if audio.name and not name_agrees(audio.name, info.format):
        warnings.warn(f"{audio.name} holds {info.format}, whatever its name says; sent as {info.format}", stacklevel=2)
    return audio.replace(format=info.format, duration=info.duration)


def _unknown(audio: Audio, head: bytes) -> str:
    other = describe_non_audio(head)
    known = f"known here are {', '.join(KNOWN_FORMATS)}"
    return f"{audio.label} is {other or 'in no known format'}; {known}. Nothing was sent; stating its format sends it"


def _file_of_samples(audio: Audio, pcm: PCM, format: str) -> Audio:
    if format not in ("wav", "flac"):
        raise AudioError(f"raw samples can be sent as wav or flac, not {format!r}")
    try:
        if format == "wav":
            return wav_of(audio, pcm)
        flac = pcm_to_flac(audio.read(), **attrs.asdict(pcm))
        return Audio.from_bytes(flac, name=audio.name, format="flac").replace(duration=audio.duration)
    except ImportError:
        raise ConfigurationError(_NO_FLAC) from None
    except ValueError as error:
        raise AudioError(f"{audio.label} cannot be written as {format}: {error}") from None


plugin = Encoding
