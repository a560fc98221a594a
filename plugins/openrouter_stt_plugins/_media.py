"""Audio files of any kind as frames of samples, read by PyAV with what could harm shut off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

# FFmpeg demuxers. Left out are those that take any bytes for audio (raw PCM, AMR), and playlists, which open
# other files.
_CONTAINERS = "aac,aiff,asf,au,caf,flac,matroska,mov,mp3,ogg,w64,wav"


@contextmanager
def opened(file: BinaryIO, label: str) -> Iterator[InputContainer]:
    """Open a file for decoding. Raises `ValueError`, also for what FFmpeg finds wrong inside the block."""
    import av
    from av.error import FFmpegError

    options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": ""}
    # Before PyAV 19 tags that are not UTF-8 were an error unless one asked otherwise.
    tags: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}
    try:
        with av.open(_Anonymous(file), "r", options=options, **tags) as container:
            yield container
    except FFmpegError as error:
        raise ValueError(f"{label} is not audio that can be decoded: {error.strerror}") from error


class _Anonymous:
    """A file without its name: PyAV would trust a wrong extension more than the content."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell


def frames_of(container: InputContainer, label: str) -> Iterator[av.AudioFrame]:
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


def resampled(
    frames: Iterator[av.AudioFrame], sample_format: str, rate: int, layout: str | None = None
) -> Iterator[av.AudioFrame]:
    """Yield frames of one kind, by default in the layout that each has.

    A stream may change its rate or its channels midway, as chained Ogg does. Ask for a packed sample format where
    there may be more than eight channels: PyAV 18.1 crashes on a frame of more than eight planes.
    """
    import av

    resampler = shape = None
    for frame in frames:
        current = (frame.sample_rate, frame.layout.name, frame.format.name)
        if resampler is None or current != shape:
            if resampler:
                yield from resampler.resample(None)
            resampler, shape = av.AudioResampler(sample_format, layout or frame.layout, rate), current
        yield from resampler.resample(frame)
    if resampler:
        yield from resampler.resample(None)
