"""What was found, before it is put into words: one aspect of one thing at one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from generator.changes.aspects import ASPECTS
from generator.changes.change import Bump
from generator.changes.shape import Direction


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where in an exchange a value is: in which operation, in a request or an answer, and at which dotted path.

    ``operation`` is "" for the first one, which is `transcribe()`. ``part`` is "body" for a JSON body, another body's
    media type, an answer's status, or the name of a parameter; ``thing`` is what the path begins at.
    """

    direction: Direction
    part: str
    operation: str = ""
    thing: str = "the body"
    path: str = ""

    def below(self, ending: str) -> Site:
        """Return the site of something inside."""
        return replace(self, path=(self.path + ending).removeprefix("."))

    @property
    def is_option(self) -> bool:
        """Whether this is a keyword argument of `transcribe()`."""
        return not self.operation and self.part == "body" and self.path.isidentifier()

    @property
    def is_failure(self) -> bool:
        """Whether this is in an answer that is not a success."""
        return self.direction == "answer" and not self.part.startswith("2")

    @property
    def name(self) -> str:
        """The thing in words."""
        if not self.path:
            return self.thing
        if self.thing != "the body":
            return f"`{self.path}` of {self.thing}"
        kind = "" if self.direction == "answer" else "the option " if self.is_option else "the field "
        return f"{kind}`{self.path}`"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One aspect that changed at one place."""

    aspect: str
    site: Site
    place: str
    bump: Bump
    detail: str = ""


@dataclass
class Log:
    """All that was found, and the places of words that changed."""

    findings: list[Finding] = field(default_factory=list[Finding])
    documented: set[str] = field(default_factory=set[str])

    def add(self, aspect: str, site: Site, place: str, detail: str = "", *, bump: Bump | None = None) -> None:
        """Note that an aspect changed; ``bump`` is for where the aspect's own does not hold."""
        rule = ASPECTS[aspect]
        usual = rule.request if site.direction == "request" else rule.answer
        found = Finding(aspect=aspect, site=site, place=place, detail=detail, bump=usual if bump is None else bump)
        self.findings.append(found)

    def document(self, old: object, new: object, place: str) -> None:
        """Note the place if the words there differ."""
        if old != new:
            self.documented.add(place)


def listed(names: Iterable[str], most: int = 6) -> str:
    """Return names as a list in words, the first few of many."""
    quoted = [f"`{name}`" for name in sorted(names)]
    if len(quoted) > most:
        quoted = [*quoted[: most - 1], f"{len(quoted) - most + 1} more"]
    return " and ".join((", ".join(quoted[:-1]), quoted[-1])) if len(quoted) > 1 else quoted[0]
