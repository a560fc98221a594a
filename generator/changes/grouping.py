"""Make rows of findings: one edit that many schemas share, or both directions, is one row."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from generator.changes.aspects import ASPECTS, rule
from generator.changes.change import Bump, Change
from generator.changes.findings import Finding, Site


def rows(findings: Iterable[Finding]) -> list[Change]:
    """Return the findings as changes, equal ones as one."""
    spots: defaultdict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for finding in findings:
        spots[finding.place, finding.bump, *_edit(finding)].append(finding)
    groups: defaultdict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for found in spots.values():
        # What is the same for whoever sends and whoever reads is told to whoever sends.
        sent = [finding for finding in found if finding.site.direction == "request"]
        groups[bool(sent), len(sent) in (0, len(found)), *_edit(found[0])].extend(sent or found)
    return [_row(found, is_both=not is_one_way) for (_, is_one_way, *_), found in groups.items()]


def _edit(finding: Finding) -> tuple[object, ...]:
    """Return what tells one edit from another, wherever it was made."""
    leaf = finding.site.path.rpartition(".")[2] or finding.site.thing
    return finding.aspect, leaf, finding.detail


def _row(found: Sequence[Finding], *, is_both: bool) -> Change:
    first = found[0]
    aspect = ASPECTS[first.aspect]
    sites = sorted({finding.site for finding in found}, key=lambda site: (site.direction, site.operation, site.part))
    names = sorted({site.name for site in sites})
    name = names[0] if len(names) == 1 else " and ".join(names)
    template = aspect.sent if first.site.direction == "request" else aspect.read
    words = template.format(name=name, new=re.sub("^the ", "a new ", name), detail=first.detail)
    if template[0].islower():
        words = f"{_subject(sites)} {words}"
    places = tuple(sorted({finding.place for finding in found}))
    return Change(
        rule(first.aspect, first.site.direction),
        words + (", in answers as well." if is_both else "."),
        max(finding.bump for finding in found),
        places,
    )


def _subject(sites: Sequence[Site]) -> str:
    """Return who did something: the operations of requests, the statuses of answers."""
    operations = sorted({site.operation for site in sites})
    owner = _operations(operations)
    if sites[0].direction == "request":
        return owner
    suffix = "" if operations == [""] else f" of {owner}"
    failed = sorted({site.part for site in sites if site.is_failure})
    succeeded = sorted({site.part for site in sites if not site.is_failure})
    subjects = ["the answer" if status == "200" else f"answer {status}" for status in succeeded]
    if failed:
        subjects.append(f"error answer {failed[0]}" if len(failed) == 1 else f"{len(failed)} error answers")
    words = " and ".join(subjects) + suffix
    return words[0].upper() + words[1:]


def _operations(names: Sequence[str]) -> str:
    if len(names) > 1:
        return f"{len(names)} operations"
    return f"`{names[0]}`" if names[0] else "`transcribe()`"


def documentation(places: Iterable[str]) -> list[Change]:
    """Return the one row for all words that changed."""
    found = tuple(sorted(places))
    if not found:
        return []
    words = f"Descriptions, examples or other words changed in {len(found)} place{'s' * (len(found) > 1)}."
    return [Change("documentation-changed", words, Bump.PATCH, found)]
