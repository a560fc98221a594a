"""What is expected of a plugin: one function for each promise, which yields a sentence for each way it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from .._case import Case
from .basics import neighbours, transcribes
from .cancelling import cancellation
from .concurrency import closing, event_loop, leftovers, threads
from .discretion import secrets
from .errors import billing, errors
from .values import fingerprint, frozen, values

Check = Callable[[Case, str], Iterator[str]]

CHECKS: Final[Mapping[str, Check]] = {
    check.__name__: check
    for check in (
        transcribes,
        neighbours,
        errors,
        billing,
        cancellation,
        threads,
        event_loop,
        leftovers,
        closing,
        secrets,
        values,
        frozen,
        fingerprint,
    )
}
