"""What the encoder promises."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import pytest
from openrouter_stt_au import LINEAR_16, MU_LAW, STEP, TO_THE_END, Au

from openrouter_stt import Audio, AudioError
from openrouter_stt.testing import FakeTransport, MakeClient, conformance, tone

# Bytes of mu-law and what ITU-T G.711 makes of them: both ends, both zeros and steps of several segments.
DECODED = {
    0x00: -32124, 0x01: -31100, 0x0F: -16764, 0x10: -15996, 0x7E: -8, 0x7F: 0,
    0x80: 32124, 0x8F: 16764, 0x90: 15996, 0xAA: 5372, 0xFE: 8, 0xFF: 0,
}  # fmt: skip


def au(
    samples: bytes, *, encoding: int = LINEAR_16, rate: int = 8_000, channels: int = 1, size: int | None = None
) -> bytes:
    """Return a .au file, with an annotation as most of them have."""
    told = len(samples) if size is None else size
    return struct.pack(">4s5I", b".snd", 28, told, encoding, rate, channels) + b"note" + samples


def sent(transport: FakeTransport) -> tuple[int, int, list[int]]:
    """Return hertz, channels and samples of what the server got."""
    assert transport.last.format == "wav"
    with wave.open(io.BytesIO(transport.last.audio)) as file:
        assert file.getsampwidth() == 2
        samples = file.readframes(file.getnframes())
    return file.getframerate(), file.getnchannels(), list(struct.unpack(f"<{len(samples) // 2}h", samples))


def test_contract() -> None:
    """It keeps the contract of plugins."""
    conformance(Au)


@pytest.mark.parametrize("encoding", [MU_LAW, LINEAR_16])
def test_contract_with_its_format(encoding: int) -> None:
    """It keeps the contract at the work that it is for."""
    recordings = [au(bytes([number]) * 800, encoding=encoding) for number in range(1, 9)]
    # With the format stated they are sent without the plugin as well, and errors can be compared.
    conformance(Au, sources=[Audio.from_bytes(recording, format="au") for recording in recordings])


def test_mu_law_is_decoded(stt_client: MakeClient, stt_transport: FakeTransport) -> None:
    """As G.711 says."""
    stt_client(Au).transcribe(au(bytes(DECODED), encoding=MU_LAW))
    assert sent(stt_transport) == (8_000, 1, list(DECODED.values()))


def test_linear_samples_stay_as_they_are(stt_client: MakeClient, stt_transport: FakeTransport) -> None:
    """Their bytes change places, since WAV is little-endian."""
    samples = [0, 1, -1, 256, 32767, -32768]
    stt_client(Au).transcribe(au(struct.pack(">6h", *samples), rate=44_100, channels=2))
    assert sent(stt_transport) == (44_100, 2, samples)


@pytest.mark.parametrize(("encoding", "frames"), [(MU_LAW, STEP // 3 + 5), (LINEAR_16, STEP // 6 + 5)])
def test_long_recordings_are_whole(
    stt_client: MakeClient, stt_transport: FakeTransport, encoding: int, frames: int
) -> None:
    """They are decoded in several steps, whose ends need not be those of frames."""
    frame = {MU_LAW: bytes([0x00, 0x80, 0xFF]), LINEAR_16: struct.pack(">3h", -32124, 32124, 0)}[encoding]
    stt_client(Au).transcribe(au(frame * frames, encoding=encoding, channels=3))
    assert sent(stt_transport) == (8_000, 3, [-32124, 32124, 0] * frames)


def test_samples_go_to_the_end_where_no_size_is_told(stt_client: MakeClient, stt_transport: FakeTransport) -> None:
    """As a recorder writes that pipes; a frame it did not finish is left out."""
    stt_client(Au).transcribe(au(struct.pack(">3h", 1, 2, 3) + b"\x00", channels=2, size=TO_THE_END))
    assert sent(stt_transport) == (8_000, 2, [1, 2])


def test_what_is_behind_the_samples_is_left_out(stt_client: MakeClient, stt_transport: FakeTransport) -> None:
    """The header tells where they end."""
    stt_client(Au).transcribe(au(struct.pack(">3h", 1, 2, 3), size=4))
    assert sent(stt_transport) == (8_000, 1, [1, 2])


def test_a_path_will_do(stt_client: MakeClient, stt_transport: FakeTransport, tmp_path: Path) -> None:
    """A file on disk is sent like bytes."""
    path = tmp_path / "talk.au"
    path.write_bytes(au(b"\x00\x07"))
    stt_client(Au).transcribe(path)
    assert sent(stt_transport) == (8_000, 1, [7])


@pytest.mark.parametrize("stated", ["au", "wav"])
def test_the_format_may_be_stated(stt_client: MakeClient, stt_transport: FakeTransport, stated: str) -> None:
    """The one that it is or the one that it is sent as."""
    stt_client(Au).transcribe(au(b"\x00\x07"), format=stated)
    assert sent(stt_transport) == (8_000, 1, [7])


def test_other_audio_is_left_alone(stt_client: MakeClient, stt_transport: FakeTransport) -> None:
    """WAV goes as it is."""
    stt_client(Au).transcribe(tone())
    assert stt_transport.last.audio == tone()


def test_a_stated_format_is_believed(stt_client: MakeClient, stt_transport: FakeTransport) -> None:
    """Then not even content and name tell."""
    audio = Audio.from_bytes(au(b"\x00\x07"), name="talk.au", format="mp3")
    stt_client(Au).transcribe(audio)
    assert (stt_transport.last.format, stt_transport.last.audio) == ("mp3", au(b"\x00\x07"))


def test_raw_samples_are_left_alone(stt_client: MakeClient, stt_transport: FakeTransport) -> None:
    """Also if they happen to look like the beginning of a file."""
    samples = struct.unpack("<2h", b".snd")
    stt_client(Au).transcribe(Audio.from_pcm(b".snd", sample_rate=16_000))
    assert sent(stt_transport) == (16_000, 1, list(samples))


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"RIFFnothing of the kind", "does not begin with .snd"),
        (b".snd\x00\x00\x00\x18", "after 8 of 24 bytes"),
        (au(b"\x00\x07", encoding=23), "encoding 23; known here are 1"),
        (au(b"\x00\x07", rate=0), "0 hertz, 1 channels"),
        (au(b"\x00\x07", channels=0), "8000 hertz, 0 channels"),
        (au(b"\x00\x07", channels=2**32 - 1), "4294967295 channels"),
        (au(b"\x00\x07", size=100), "tells of 100 bytes, 2 are there"),
        (au(b""), "no samples"),
        (au(b"\x00"), "no samples"),
        (struct.pack(">4s5I", b".snd", 0, 2, LINEAR_16, 8_000, 1) + b"\x00\x07", "samples at byte 0 of 26"),
        (struct.pack(">4s5I", b".snd", 99, 2, LINEAR_16, 8_000, 1) + b"\x00\x07", "samples at byte 99 of 26"),
    ],
)
def test_a_wrong_file_is_an_error(
    stt_client: MakeClient, stt_transport: FakeTransport, data: bytes, wrong: str
) -> None:
    """It says which file and what is wrong, and nothing is sent."""
    with pytest.raises(AudioError, match=wrong) as caught:
        stt_client(Au).transcribe(("talk.AU", data))
    assert "talk.AU" in str(caught.value)
    assert stt_transport.requests == []


def test_it_is_found_by_its_name(stt_client: MakeClient) -> None:
    """Where it is installed a client may ask for it."""
    assert "au" in stt_client("au").plugins
