"""Compare what two schemas take, in the direction in which their values travel.

Whoever sends minds what is no longer taken; whoever reads minds what may newly come. Pairs wait in a line and each
is looked at once in each kind of answer, so that schemas that contain themselves come to an end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from generator.changes.assertions import compare_assertions, compare_null
from generator.changes.canonical import Reader
from generator.changes.change import Bump
from generator.changes.findings import Log, Site
from generator.changes.members import compare_members
from generator.changes.shape import Direction, Part, Shape
from generator.changes.unions import compare_unions

_Pair = tuple[Shape, Shape, Direction]


@dataclass
class _Known:
    """What was tried: pairs that fit or not, those that are being tried, and those that fit if these do."""

    fits: dict[_Pair, bool] = field(default_factory=dict[_Pair, bool])
    pending: set[_Pair] = field(default_factory=set[_Pair])
    supposed: set[_Pair] = field(default_factory=set[_Pair])

    def suppose(self, pairs: Iterable[_Pair]) -> None:
        """Note pairs that fit if all that are pending do."""
        for pair in pairs:
            self.fits[pair] = True
            self.supposed.add(pair)

    def settle(self, is_right: bool) -> None:
        """Keep what was supposed, or forget it."""
        for pair in () if is_right else self.supposed:
            del self.fits[pair]
        self.supposed.clear()


class Schemas:
    """The comparison of all schemas of two documents.

    ``met`` holds the places, old and new, of all that was compared with each other.
    """

    def __init__(self, old: Reader, new: Reader, log: Log) -> None:
        self.old = old
        self.new = new
        self.log = log
        self.met: set[tuple[str, str]] = set()
        self._seen: set[tuple[Shape, Shape, Direction, str]] = set()
        self._waiting: deque[tuple[Shape, Shape, Site]] = deque()
        self._known = _Known()

    def compare(self, old: Part, new: Part, site: Site) -> None:
        """Note all that differs between two schemas and in what they contain."""
        self.wait(self.old.shape(old), self.new.shape(new), site)
        while self._waiting:
            self._next()

    def wait(self, old: Shape, new: Shape, site: Site) -> None:
        """Put a pair in the line."""
        key = (old, new, site.direction, site.part)
        if key not in self._seen:
            self._seen.add(key)
            self._waiting.append((old, new, site))

    def _next(self) -> None:
        old, new, site = self._waiting.popleft()
        self.met.add((old.place, new.place))
        self._words(old, new, site)
        compare_null(self.log, old, new, site)
        if old.branches or new.branches:
            compare_unions(self, old, new, site)
        if bool(old.branches) == bool(new.branches):
            self._without_branches(old, new, site)

    def _without_branches(self, old: Shape, new: Shape, site: Site) -> None:
        kinds = compare_assertions(self, old, new, site)
        if kinds:
            compare_members(self, old, new, site, kinds)

    def _words(self, old: Shape, new: Shape, site: Site) -> None:
        # The words of an object that becomes a union are those of one branch.
        if bool(old.branches) == bool(new.branches):
            self.log.document(old.notes, new.notes, new.place)
        if old.deprecated != new.deprecated:
            self.log.add("deprecated" if new.deprecated else "deprecation-lifted", site, new.place)
        if old.default == new.default:
            return
        if site.direction == "request":
            detail = f"{old.default or 'none'} to {new.default or 'none'}"
            self.log.add("default-changed", site, new.place, detail)
        else:
            self.log.document(old.default, new.default, new.place)

    def fits(self, old: Shape, new: Shape, direction: Direction) -> bool:
        """Return whether ``new`` can stand in for ``old`` without breaking anybody."""
        key: _Pair = (old, new, direction)
        known = self._known
        if key in known.pending:  # schemas that contain themselves fit if nothing else breaks
            return True
        if key not in known.fits:
            known.pending.add(key)
            known.fits[key] = self._try(old, new, direction)
            known.pending.remove(key)
            if not known.pending:
                known.settle(known.fits[key])
        return known.fits[key]

    def _try(self, old: Shape, new: Shape, direction: Direction) -> bool:
        trial = Schemas(self.old, self.new, Log())
        trial._known = self._known
        trial.wait(old, new, Site(direction=direction, part=""))
        while trial._waiting:
            one, other, _ = trial._waiting[0]
            if self._known.fits.get((one, other, direction)):
                trial._waiting.popleft()
                continue
            trial._next()
            if any(finding.bump is Bump.MAJOR for finding in trial.log.findings):
                return False
            trial.log.findings.clear()
        self._known.suppose((one, other, direction) for one, other, *_ in trial._seen)
        return True
