"""One change between two documents, in the words of a release note."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum


class Bump(IntEnum):
    """What a change asks of the version number (https://semver.org); the strongest of all changes counts."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True)
class Change:
    """A change that a user of the API or of the generated code can meet.

    ``rule`` is its kind, such as "request-property-added"; ``words`` a sentence in the past tense for release
    notes; ``places`` are where it stands, as JSON pointers (RFC 6901) into the document or as dotted Python names.
    """

    rule: str
    words: str
    bump: Bump
    places: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The rule with a digest of what it was applied to: the same change has the same name everywhere."""
        told = "\n".join((self.rule, self.words, *self.places))
        return f"{self.rule}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"

    @property
    def breaking(self) -> bool:
        """Whether code that was right before may be wrong now."""
        return self.bump is Bump.MAJOR
