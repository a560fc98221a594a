"""What there is to say of a cache."""

from __future__ import annotations

from datetime import datetime

import attrs


@attrs.frozen(kw_only=True)
class CacheInfo:
    """A cache on disk: `entries` answers of `bytes` bytes, kept from `oldest` to `newest` (UTC; None where empty).

    `file_bytes` are those of its files on disk, `schema` is the version of their layout.
    """

    entries: int
    bytes: int
    file_bytes: int
    oldest: datetime | None
    newest: datetime | None
    schema: int
