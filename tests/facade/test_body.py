"""A body in blocks, as it is written to a connection."""

from __future__ import annotations

import weakref

import pybase64

from openrouter_stt import Audio
from openrouter_stt._wire import request_of
from tests.support.sounds import Recording, wav


def test_a_block_is_about_a_megabyte() -> None:
    """Of a large file each is a hop to a worker thread, and all are held in memory one at a time."""
    recording = wav(bytes(10_000_000))
    body = request_of("m", {}, Audio.from_bytes(recording, format="wav")).body()
    blocks = list(iter(body.next, None))
    assert len(blocks) == 13
    assert max(map(len, blocks)) < 1_050_000
    assert pybase64.b64encode(recording) in b"".join(blocks)


def test_a_closed_pass_has_no_blocks() -> None:
    """Whether it began or not, nor the recording."""
    for begun in (False, True):
        recording = Recording(wav())
        watched = weakref.ref(recording)
        body = request_of("m", {}, Audio.from_bytes(recording, format="wav")).body()
        del recording
        if begun:
            body.next()
        body.close()
        assert (body.next(), body.complete, watched()) == (None, begun, None)
