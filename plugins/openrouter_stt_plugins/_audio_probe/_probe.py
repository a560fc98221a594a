"""The one question asked of a file: which audio is it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from openrouter_stt_plugins._audio_probe._chunks import read_aiff, read_wav
from openrouter_stt_plugins._audio_probe._flac import read_flac
from openrouter_stt_plugins._audio_probe._mp4 import FIRST_BOXES, read_mp4
from openrouter_stt_plugins._audio_probe._mpeg import after_id3, read_mpeg
from openrouter_stt_plugins._audio_probe._ogg import read_ogg
from openrouter_stt_plugins._audio_probe._other import describe_non_audio
from openrouter_stt_plugins._audio_probe._source import Source
from openrouter_stt_plugins._audio_probe._webm import read_webm

if TYPE_CHECKING:
    from openrouter_stt_plugins._audio_probe._info import AudioInfo

_HEAD = 1024


def probe(file: BinaryIO, size: int) -> AudioInfo | None:
    """Describe the audio in a seekable file of `size` bytes by its content; None if it is of no known format.

    Reads at most 1 MiB, wherever the container keeps its headers, and leaves the file at any position. No
    content makes it raise, truncated or hostile; an OSError of the file itself passes through.
    Durations come from headers; AAC and MP3 streams without one are measured by the lengths of their frames,
    by evenly spread samples of them above 256 KiB. Most truncated files keep the duration of their headers.
    """
    source = Source(file, size)
    head = source.read(0, _HEAD)
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return read_wav(source)
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return read_aiff(source)
    if head[:5] == b"OggS\0":
        return read_ogg(source)
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return read_webm(source)
    if head[4:8] in FIRST_BOXES:
        return read_mp4(source)
    return _read_stream(source, head)


def _read_stream(source: Source, head: bytes) -> AudioInfo | None:
    """Describe audio that has no container and may follow an ID3 tag."""
    start = after_id3(source)
    if source.read(start, 4) == b"fLaC":
        return read_flac(source, start)
    # An archive or a document may carry whole MP3 frames near its start and is still not audio.
    if start == 0 and describe_non_audio(head):
        return None
    return read_mpeg(source, start)
