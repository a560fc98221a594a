"""A plugin for openrouter-stt that sends Sun/NeXT files (.au, .snd) as WAV."""

from __future__ import annotations

import io
import struct
import wave

from openrouter_stt import Audio, AudioError, Call, HookSpecs, hookimpl

MAGIC = b".snd"
HEADER = struct.Struct(">4s5I")  # magic, where samples begin, their bytes, encoding, hertz, channels
TO_THE_END = 0xFFFFFFFF  # in place of a size, by a writer that did not know it
MU_LAW, LINEAR_16 = 1, 3
STEP = 2**18  # bytes decoded at once; other threads, such as an event loop's, have their turn between


def _linear(byte: int) -> int:
    """Decode a sample of mu-law (ITU-T G.711) to 16 bits."""
    inverted = ~byte & 0xFF
    magnitude = (((inverted & 0x0F) << 3) + 0x84 << (inverted >> 4 & 7)) - 0x84
    return -magnitude if inverted & 0x80 else magnitude


_DECODED = [struct.pack("<h", _linear(byte)) for byte in range(256)]
_LOW = bytes(pair[0] for pair in _DECODED)
_HIGH = bytes(pair[1] for pair in _DECODED)


class Au(HookSpecs):
    """Sends .au files of mu-law or of linear 16 bits as WAV; name or content tells that a file is one."""

    name = "au"

    @hookimpl(blocking=True)
    def encode_audio(self, audio: Audio, call: Call) -> Audio | None:
        """Turn a .au file into WAV; None leaves all else to the other plugins."""
        if not _is_au(audio, call.format or audio.format):
            return None
        return Audio.from_bytes(_wav(audio.read(), audio.label), name=audio.name, format="wav")


def _is_au(audio: Audio, stated: str | None) -> bool:
    """Tell whether a recording is to be read as .au; a format that the caller states is believed."""
    if audio.pcm is not None or stated not in {None, "au", "wav"}:
        return False
    with audio.open() as file:
        if file.read(len(MAGIC)) == MAGIC:
            return True
    named = (audio.name or "").lower().endswith((".au", ".snd"))
    return stated == "au" or (named and stated is None)


def _wav(data: bytes, label: str) -> bytes:
    """Return the WAV file of a .au file's bytes."""
    encoding, rate, channels, samples = _parsed(data, label)
    decode, frame = (_from_mu_law, channels) if encoding == MU_LAW else (_swapped, 2 * channels)
    whole = len(samples) // frame * frame  # a recorder that was cut off leaves part of a frame
    if not whole:
        raise AudioError(f"{label} has no samples behind its .au header")
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((channels, 2, rate, 0, "NONE", ""))
        for start in range(0, whole, STEP):
            writer.writeframesraw(decode(samples[start : min(start + STEP, whole)]))
    return file.getvalue()


def _parsed(data: bytes, label: str) -> tuple[int, int, int, bytes]:
    """Return encoding, hertz, channels and samples, or raise an error that says what is wrong with the file."""
    if not data.startswith(MAGIC):
        raise AudioError(f"{label} is no .au file: it does not begin with .snd; name or state what format it has")
    if len(data) < HEADER.size:
        raise AudioError(f"{label} ends within its .au header, after {len(data)} of {HEADER.size} bytes")
    _, begin, size, encoding, rate, channels = HEADER.unpack_from(data)
    if encoding not in {MU_LAW, LINEAR_16}:
        raise AudioError(f"{label} has .au encoding {encoding}; known here are 1 (8-bit mu-law) and 3 (16-bit linear)")
    if not (1 <= rate <= 768_000 and 1 <= channels <= 256):  # a WAV header holds these
        raise AudioError(f"{label} has a broken .au header: {rate} hertz, {channels} channels")
    if not HEADER.size <= begin <= len(data):
        raise AudioError(f"{label} has a broken .au header: samples at byte {begin} of {len(data)}")
    if size != TO_THE_END and size > len(data) - begin:
        raise AudioError(f"{label} is cut off: its .au header tells of {size} bytes, {len(data) - begin} are there")
    return encoding, rate, channels, data[begin:] if size == TO_THE_END else data[begin : begin + size]


def _from_mu_law(samples: bytes) -> bytes:
    """Return samples of 16 bits, little-endian, for those of 8."""
    linear = bytearray(2 * len(samples))
    linear[0::2] = samples.translate(_LOW)
    linear[1::2] = samples.translate(_HIGH)
    return bytes(linear)


def _swapped(samples: bytes) -> bytes:
    """Return big-endian samples of 16 bits as little-endian ones."""
    linear = bytearray(len(samples))
    linear[0::2] = samples[1::2]
    linear[1::2] = samples[0::2]
    return bytes(linear)
