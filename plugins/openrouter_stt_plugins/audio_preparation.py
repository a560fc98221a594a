"""Make uploads smaller: recordings become mono, 16 kHz, FLAC or Opus, which is all that recognition makes use of."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from importlib.util import find_spec
from itertools import chain
from typing import IO, TYPE_CHECKING, Final, Literal, cast

from openrouter_stt import Audio, Call, ConfigurationError, HookSpecs, hookimpl

from ._media import frames_of, opened, resampled
from ._pcm import wav_of

if TYPE_CHECKING:
    import av

SPOOL: Final = 8 * 1024 * 1024  # bytes of the outcome kept in memory; more goes into a temporary file
LONGEST: Final = 4 * 3600  # seconds; a longer recording is left as it is
OPUS_RATES: Final = (8_000, 12_000, 16_000, 24_000, 48_000)
_CODECS: Final = {"flac": ("flac", {}), "ogg": ("libopus", {"application": "voip"})}  # Opus tuned for speech
_LAYOUTS: Final = {1: "mono", 2: "stereo"}


class AudioPreparation(HookSpecs):
    """Mixes down, resamples and compresses a recording before it is sent, where that makes it smaller.

    What cannot be read, has no sound, or would not get smaller is sent as it is, and so is everything where the caller
    asks for another format. Reads AAC, AIFF, ASF, AU, CAF, FLAC, M4A, MP3, Ogg, W64, WAV, WebM, and videos' sound.

    Args:
        sample_rate: Hertz, the most that is kept; for Opus the rate itself, one of `OPUS_RATES`.
        channels: 1 or 2, the most that are kept.
        format: "flac", which loses nothing but rate and channels, or "ogg" for Opus, which is smaller still.
        bitrate: Bits per second of Opus.
        over: Bytes; a recording of no more is sent as it is.

    Raises:
        ConfigurationError: For a setting that cannot work, and where PyAV is not installed.
    """

    name = "audio-preparation"

    def __init__(
        self,
        *,
        sample_rate: int = 16_000,
        channels: Literal[1, 2] = 1,
        format: Literal["flac", "ogg"] = "flac",
        bitrate: int = 24_000,
        over: int = 256 * 1024,
    ) -> None:
        if find_spec("av") is None:
            raise ConfigurationError('preparing audio needs PyAV: install "openrouter-stt[audio]"')
        if format not in _CODECS or channels not in _LAYOUTS:
            raise ConfigurationError(f"format is flac or ogg, not {format!r}; channels is 1 or 2, not {channels!r}")
        if not (sample_rate in OPUS_RATES or (format == "flac" and 8_000 <= sample_rate <= 192_000)):
            raise ConfigurationError(f"sample_rate {sample_rate!r} is not possible; for ogg it is one of {OPUS_RATES}")
        if not 6_000 <= bitrate <= 256_000:
            raise ConfigurationError(f"bitrate {bitrate!r} is not possible; it is 6,000 to 256,000 bits per second")
        self.sample_rate = sample_rate
        self.channels = channels
        self.format = format
        self.bitrate = bitrate
        self.over = over
        self.fingerprint: str = repr((sample_rate, channels, format, bitrate, over))

    @hookimpl(blocking=True)
    def prepare_audio(self, audio: Audio, call: Call) -> Audio | None:
        if audio.size <= self.over or call.format not in (None, self.format):
            return None
        with ExitStack() as stack:
            spool = cast("IO[bytes]", stack.enter_context(tempfile.SpooledTemporaryFile(SPOOL)))
            seconds = self._written(spool, audio, call)
            if not seconds or spool.seek(0, os.SEEK_END) >= audio.size:
                return None
            spool.seek(0)
            prepared = Audio.from_file(spool, name=audio.name, format=self.format).replace(duration=seconds)
            weakref.finalize(prepared.content, stack.pop_all().close)
            return prepared

    def _written(self, spool: IO[bytes], audio: Audio, call: Call) -> float | None:
        """Write the recording as it is to be sent and return its seconds, or None where that cannot be done."""
        try:
            source = audio if audio.pcm is None else wav_of(audio, audio.pcm)
            with source.open() as file, opened(file, audio.label) as container:
                return self._encoded(frames_of(container, audio.label), spool, audio.size, call)
        except (ValueError, OSError):  # no audio, or no room for a file; sent as it is, the recording may still do
            return None

    def _encoded(self, frames: Iterator[av.AudioFrame], spool: IO[bytes], most: int, call: Call) -> float | None:
        import av

        first = next(frames, None)
        if first is None:
            return None
        rate = self.sample_rate if self.format == "ogg" else min(self.sample_rate, first.sample_rate)
        layout = _LAYOUTS[min(self.channels, first.layout.nb_channels)]
        with av.open(spool, "w", format=self.format) as target:
            codec, options = _CODECS[self.format]
            stream = cast("av.AudioStream", target.add_stream(codec, rate=rate, layout=layout, options={**options}))
            stream.format, stream.bit_rate = av.AudioFormat("s16"), self.bitrate
            stream.codec_context.open()
            written = 0
            for block in _blocks(resampled(chain([first], frames), "s16", rate, layout), stream.frame_size, rate):
                target.mux(stream.encode(block))
                written += block.samples
                if spool.tell() >= most or written > LONGEST * rate or not call.remaining:
                    return None
            target.mux(stream.encode(None))
        return written / rate


def _blocks(frames: Iterator[av.AudioFrame], size: int, rate: int) -> Iterator[av.AudioFrame]:
    """Yield the samples in blocks of the size that the codec wants, the last one shorter."""
    import av

    fifo, done = av.AudioFifo(), 0
    for frame in chain(frames, [None]):
        if frame is not None:
            frame.pts = None  # gaps in a recording's own times would be refused
            fifo.write(frame)
        for block in fifo.read_many(size, partial=frame is None):
            block.pts, block.time_base = done, Fraction(1, rate)
            done += block.samples
            yield block
