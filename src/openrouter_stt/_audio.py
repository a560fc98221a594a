"""The recording: every kind of source becomes one value that can be read any number of times."""

from __future__ import annotations

import hashlib
import operator
import os
import re
from io import BytesIO
from mmap import mmap
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Final, Literal, SupportsIndex, TypeAlias, cast, get_args

import attrs
from typing_extensions import Buffer

from ._content import BytesContent, Content, FileContent, JoinedContent, at_the_end, stream_content
from ._errors import AudioError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SampleFormat = Literal["u8", "s16", "s24", "s32", "f32", "f64"]
_DTYPES: dict[str, SampleFormat] = {
    "uint8": "u8",
    "int16": "s16",
    "int32": "s32",
    "float32": "f32",
    "float64": "f32",
}
MOST_CHANNELS: Final = 8
MAX_AUDIO_SIZE: Final = 1024**3  # bytes; no API takes that much at once, so more is a mistake
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/|data:[a-z]+/")  # Path("https://x") has one slash left
LOUDEST: Final = 2.0  # full scale is 1; above this the samples have another scale


@attrs.frozen
class PCM:
    """How raw samples are laid out: interleaved, little-endian, without a header.

    Attributes:
        sample_rate: Hertz.
        channels: From 1.
        sample_format: "u8", "s16", "s24", "s32", "f32" or "f64"; u is unsigned, s signed, f floating-point.
    """

    sample_rate: int
    channels: int
    sample_format: SampleFormat

    @property
    def frame_size(self) -> int:
        """Bytes of one sample of every channel."""
        return self.channels * int(self.sample_format[1:]) // 8


def _lower(format: str | None) -> str | None:
    return format.lower() if format else None


@attrs.frozen(kw_only=True)
class Audio:
    """A recording to transcribe.

    Made by `from_path`, `from_bytes`, `from_file`, `from_pcm` or `from_array`, or from any source by `of`. Immutable;
    `replace` returns a changed copy.

    Attributes:
        content: Where the bytes come from; `open`, `read` and `digest` are how to get at them.
        name: Of the file, without its folder; None where there is none.
        format: A container's name such as "wav" or "mp3" where it is stated; None where it is to be found out.
        duration: Seconds where they are known.
        pcm: How raw samples are laid out; None for all else, which is the bytes of a file.
    """

    content: Content = attrs.field(repr=False, eq=id)  # the same bytes, not equal ones: comparing is quick
    name: str | None = None
    format: str | None = attrs.field(default=None, converter=_lower)
    duration: float | None = None
    pcm: PCM | None = None

    @classmethod
    def of(cls, source: Source, *, max_size: int = MAX_AUDIO_SIZE) -> Audio:
        """Take any source: a path, bytes-like audio, a binary file object, `(name, data)` or an `Audio`.

        A str is always a path and must exist. Raises `AudioError` for what is missing, empty, of no use or of more than
        `max_size` bytes, which are not read.
        """
        audio = cls._of_source(source, max_size)
        if audio.size > max_size:
            raise AudioError(
                f"{audio.label} has more than the {max_size:,} bytes that are allowed; split or compress it, or allow "
                "more by Client(max_audio_size=...)"
            )
        return audio

    @classmethod
    def _of_source(cls, source: Source, max_size: int) -> Audio:
        match source:
            case Audio():
                return source
            case bytes() | bytearray() | memoryview() | mmap():
                return cls.from_bytes(source)
            case str() | os.PathLike():
                return cls.from_path(source)
            case tuple((str(name), data)) if not isinstance(data, str):
                return cls.of(data, max_size=max_size).replace(name=name)
        other: Any = source
        if isinstance(other, list | tuple | set):
            raise AudioError(
                f"{type(other).__name__} is not a source: a call takes one recording; transcribe several one by one, "
                "or at once by asyncio.gather"
            )
        if hasattr(other, "__array_interface__"):
            raise AudioError("an array needs its sample rate: pass Audio.from_array(array, sample_rate=16_000)")
        return cls.from_file(other, max_size=max_size) if hasattr(other, "read") else cls.from_bytes(other)

    @classmethod
    def from_path(cls, path: str | os.PathLike[str], *, format: str | None = None) -> Audio:
        """Take a file by its path; it is opened at each use, and must not change until the answer is there."""
        place = os.fsdecode(path)
        if not place:
            raise AudioError("an empty str is no path; a str is a path, so pass audio itself as bytes")
        if url := _URL.match(place):
            how = "decode its base64" if url[0].startswith("data:") else "download it first"
            raise AudioError(f"a URL is not a source: {how}, and pass the file or its bytes")
        content = FileContent.of(Path(place))
        return cls._of_content(content, content.path.name, format)

    @classmethod
    def from_bytes(cls, data: Buffer, *, name: str | None = None, format: str | None = None) -> Audio:
        """Take the bytes of an audio file (bytes, bytearray, memoryview, mmap ...), which are not copied."""
        try:
            content = BytesContent.of(data)
        except TypeError:
            raise AudioError(
                f"{type(data).__name__} is not a source: pass a path, bytes, a binary file object, "
                "(name, data), or an openrouter_stt.Audio"
            ) from None
        return cls._of_content(content, name, format)

    @classmethod
    def from_file(
        cls,
        file: IO[bytes],
        *,
        name: str | None = None,
        format: str | None = None,
        max_size: int = MAX_AUDIO_SIZE,
    ) -> Audio:
        """Take a binary file object from its present position.

        One that cannot seek is read to its end, or until it has more than `max_size` bytes.
        """
        try:
            content = stream_content(file, max_size)
        except (TypeError, ValueError, OSError) as error:
            raise AudioError(
                f"cannot read the file object: {error}; it must be open, synchronous and in binary mode"
            ) from None
        label = getattr(file, "name", None)
        return cls._of_content(content, name or (Path(label).name if isinstance(label, str) else None), format)

    @classmethod
    def from_pcm(
        cls, data: Source, *, sample_rate: int, channels: int = 1, sample_format: SampleFormat = "s16"
    ) -> Audio:
        """Take raw samples: interleaved, little-endian, without a header; `sample_rate` in hertz."""
        if sample_format not in get_args(SampleFormat):
            raise AudioError(f"unknown sample format {sample_format!r}; one of {', '.join(get_args(SampleFormat))}")
        audio = cls.of(data)
        del data  # a traceback shows what a frame holds
        pcm = PCM(_counted("sample_rate", sample_rate), _counted("channels", channels), sample_format)
        if audio.size % pcm.frame_size:
            raise AudioError(
                f"{audio.size} bytes are no whole number of {pcm.frame_size}-byte frames "
                f"({channels} channels of {sample_format}); check channels and sample_format"
            )
        return audio.replace(format=None, pcm=pcm, duration=audio.size / pcm.frame_size / pcm.sample_rate)

    @classmethod
    def from_array(cls, array: NDArray[Any], *, sample_rate: int) -> Audio:
        """Take a numpy array of shape (frames,) or (frames, channels); `sample_rate` in hertz.

        Integers (uint8, int16, int32) use their whole range. Floats range from -1 to 1; peaks up to 2, as resampling
        makes them, are let through. float64 becomes float32, whose 24 bits are more than any converter delivers.
        Raises `AudioError` for another dtype or shape, and for floats out of range or not finite.
        """
        dtype = getattr(array, "dtype", type(array))
        sample_format = _DTYPES.get(getattr(dtype, "name", ""))
        if sample_format is None:
            raise AudioError(f"arrays of {dtype} are not supported; convert to one of {', '.join(_DTYPES)}")
        if array.ndim not in (1, 2) or array.size == 0:
            raise AudioError(f"shape {array.shape} is no recording; it must be (frames,) or (frames, channels)")
        channels = array.shape[1] if array.ndim == 2 else 1
        if channels > min(array.shape[0], MOST_CHANNELS):
            raise AudioError(f"shape {array.shape} has {channels} channels; if they come first, pass array.T")
        if array.dtype.kind == "f" and not abs(array).max() <= LOUDEST:
            raise AudioError("float samples must be finite and between -1 and 1; divide by the full scale first")
        written = "<f4" if sample_format == "f32" else array.dtype.newbyteorder("<")
        return cls.from_pcm(
            array.astype(written, copy=False).tobytes(),
            sample_rate=sample_rate,
            channels=channels,
            sample_format=sample_format,
        )

    @classmethod
    def _of_content(cls, content: Content, name: str | None, format: str | None) -> Audio:
        if content.size == 0:
            what = "has nothing left to read at its position; seek(0) first" if at_the_end(content) else "is empty"
            raise AudioError(f"{name or 'the audio'} {what}; nothing was sent")
        return cls(content=content, name=name, format=format)

    @property
    def size(self) -> int:
        """How many bytes the recording has."""
        return self.content.size

    @property
    def label(self) -> str:
        """What to call the recording in a message."""
        return self.name or "the audio"

    def open(self) -> BinaryIO:
        """Open a fresh, seekable pass over the bytes; the caller closes it. Raises `AudioError` when they changed."""
        return self.content.open()

    def read(self) -> bytes:
        """Return all bytes at once; `open` reads in constant memory."""
        with self.open() as file:
            return file.read()

    def digest(self) -> str:
        """Return the SHA-256 of the bytes, in hexadecimal."""
        if isinstance(self.content, BytesContent):
            return hashlib.sha256(self.content.data).hexdigest()
        with self.open() as file:
            return hashlib.file_digest(cast("BytesIO", file), "sha256").hexdigest()

    def wrapped(self, header: bytes, footer: bytes = b"", *, format: str) -> Audio:
        """Put a header and a footer around the bytes, without copying them: raw samples become a file of `format`."""
        return self.replace(content=JoinedContent(header, self.content, footer), format=format, pcm=None)

    def replace(self, **changes: Any) -> Audio:
        """Return a copy with some attributes changed."""
        return attrs.evolve(self, **changes)


@attrs.frozen
class Given:
    """A source on its way in, in a wrapping that no traceback shows the inside of."""

    source: Source = attrs.field(repr=False)

    @property
    def is_quick(self) -> bool:
        """Whether it is looked at without being read; a pipe is read to its end."""
        return isinstance(self.source, _QUICK)

    def audio(self, max_size: int) -> Audio:
        return Audio.of(self.source, max_size=max_size)


_QUICK: Final = (bytes, str, Audio, os.PathLike)  # an abstract class comes last: it takes long to ask


def _counted(name: str, value: SupportsIndex) -> int:
    try:
        count = 0 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        count = 0
    if count < 1:
        raise AudioError(f"{name} must be a whole number from 1, not {value!r}")
    return count


Source: TypeAlias = str | os.PathLike[str] | Buffer | IO[bytes] | tuple[str, Buffer | IO[bytes]] | Audio
"""What `transcribe` takes: a path, bytes-like audio, a binary file object, `(name, data)`, or an `Audio`."""
