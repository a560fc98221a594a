"""A deadline for blocking sockets: httpx limits each wait by itself, so a server that drips would never end a call.

httpcore tells its `trace` extension of every stream it opens. There we put our own limit around the stream's reads and
writes: no wait is longer than what is left of the call that the thread is in, and none begins when nothing is left.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from typing import Any

OPENED = ("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")


class SocketDeadline(threading.local):
    """When the call of this thread must have ended, on the clock `now`."""

    at = math.inf

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take the events of httpcore (https://www.encode.io/httpcore/extensions/#trace)."""
        if event.endswith(OPENED):
            stream = info["return_value"]
            stream.read = self._limited(stream.read)
            stream.write = self._limited(stream.write)

    def _limited(self, transfer: Callable[[Any, float | None], Any]) -> Callable[..., Any]:
        def limited(data: Any, timeout: float | None = None) -> Any:
            left = self.at - self._now()
            if left <= 0:
                raise TimeoutError
            return transfer(data, left if timeout is None else min(timeout, left))

        return limited
