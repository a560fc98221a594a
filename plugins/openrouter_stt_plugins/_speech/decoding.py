"""Audio files become samples: float32, mono, 16 kHz."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import av
    import numpy as np
    from av.container import InputContainer
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE = 16_000
"""Samples per second of everything in this package."""

MAX_HOURS = 4
"""Longest audio accepted; as samples it takes 920 MB of memory."""

_MAX_SAMPLES = MAX_HOURS * 3600 * RATE

# FFmpeg demuxers. Left out are those that take any bytes for audio (raw PCM, AMR), and playlists, which open
# other files.
_CONTAINERS = "aac,aiff,asf,au,caf,flac,matroska,mov,mp3,ogg,w64,wav"


def decode(file: BinaryIO, name: str | None = None) -> Samples:
    """Return the samples of an audio file: float32 in -1 to 1, shape ``(n,)``, mono, 16 kHz.

    Reads AAC, AIFF, ASF (WMA), AU, CAF, FLAC, Matroska (WebM), MOV (MP4, M4A), MP3, Ogg, W64 and WAV from a
    file that is open for binary reading and can seek, and leaves it open. Channels are averaged. Of a
    damaged file, what can be decoded is returned. Raw PCM has no header and is refused. ``name`` is what
    errors call the file.

    Raises `ValueError` for a file that is not audio, has no samples, or is longer than `MAX_HOURS`.
    """
    label = name or "the file"
    file.seek(0)
    pcm = _plain_wav(file)
    if pcm is None:
        file.seek(0)
        return _collect(_decoded(file, label), label)
    return _collect(iter([pcm]), label)


def _plain_wav(file: BinaryIO) -> Samples | None:
    """Return the samples of a 16-bit mono 16 kHz WAV file, None for any other: most speech needs no PyAV."""
    import numpy as np

    try:
        with wave.open(file) as reader:
            if reader.getparams()[:3] != (1, 2, RATE):
                return None
            data = reader.readframes(_MAX_SAMPLES + 1)
    except (wave.Error, EOFError, RuntimeError):  # the last for a chunk that ends after the file does
        return None
    whole = np.frombuffer(data, "<i2", count=len(data) // 2)
    return whole.astype(np.float32) / np.float32(32768)


def _collect(blocks: Iterator[Samples], label: str) -> Samples:
    import numpy as np

    pcm = bytearray()
    for block in blocks:
        pcm += block.tobytes()
        if len(pcm) > _MAX_SAMPLES * block.itemsize:
            raise ValueError(f"{label} is longer than {MAX_HOURS} hours; split it into shorter files")
    if not pcm:
        raise ValueError(f"{label} has no sound in it: zero samples; check how it was recorded")
    return np.frombuffer(pcm, np.float32)


def _decoded(file: BinaryIO, label: str) -> Iterator[Samples]:
    import av
    from av.error import FFmpegError

    options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": ""}
    # Before PyAV 19 tags that are not UTF-8 were an error unless one asked otherwise.
    tags: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}
    try:
        with av.open(_Anonymous(file), "r", options=options, **tags) as container:
            yield from _resampled(_frames(container, label))
    except FFmpegError as error:
        raise ValueError(f"{label} is not audio that can be decoded: {error.strerror}") from error


class _Anonymous:
    """A file without its name: PyAV would trust a wrong extension more than the content."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell


def _frames(container: InputContainer, label: str) -> Iterator[av.AudioFrame]:
    """Yield the frames of the first audio stream; damaged packets are skipped, unless they are most."""
    from av.error import FFmpegError

    if not container.streams.audio:
        raise ValueError(f"{label} has no audio stream; its content is {container.format.long_name}")
    good = bad = 0
    for packet in container.demux(container.streams.audio[0]):
        try:
            frames = packet.decode()
        except FFmpegError:
            bad += 1
            continue
        good += len(frames)
        yield from frames
    if bad > good:
        share = f"{bad} of {bad + good} packets"
        raise ValueError(f"{label} is not audio that can be decoded: {share} are damaged")


def _resampled(frames: Iterator[av.AudioFrame]) -> Iterator[Samples]:
    """Yield 16 kHz mono blocks; a stream may change its rate or channels midway, as chained Ogg does."""
    import av

    resampler = shape = None
    for frame in frames:
        current = (frame.sample_rate, frame.layout.name, frame.format.name)
        if resampler is None or current != shape:
            if resampler:
                yield from _mono(resampler.resample(None))
            resampler, shape = av.AudioResampler("flt", frame.layout, RATE), current
        yield from _mono(resampler.resample(frame))
    if resampler:
        yield from _mono(resampler.resample(None))


def _mono(frames: list[av.AudioFrame]) -> Iterator[Samples]:
    # Samples of all channels in one plane: PyAV 18.1 crashes on a frame of more than eight planes.
    for frame in frames:
        yield frame.to_ndarray().reshape(-1, frame.layout.nb_channels).mean(axis=1, dtype="float32")
