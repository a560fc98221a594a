"""What can change, and what each change asks of the version number in either direction."""

from __future__ import annotations

from typing import NamedTuple

from generator.changes.change import Bump

MAJOR, MINOR, PATCH = Bump.MAJOR, Bump.MINOR, Bump.PATCH


class Aspect(NamedTuple):
    """The bump that an aspect asks for in a request and in an answer, and its words in each.

    In the words, ``{name}`` is the thing that changed, ``{new}`` the same as a thing that was not there before, and
    ``{detail}`` what is told about it.
    """

    request: Bump
    answer: Bump
    sent: str
    read: str


_DIRECTED = {
    "property-added": Aspect(MINOR, MINOR, "gained {new}", "gained {name}"),
    "required-property-added": Aspect(MAJOR, MINOR, "required {new}", "gained {name}"),
    "property-removed": Aspect(MAJOR, MAJOR, "lost {name}", "lost {name}"),
    "property-renamed": Aspect(
        MAJOR,
        MAJOR,
        "lost {name}; {detail} of the same shape appeared: if it is the same under another name, say so",
        "lost {name}; {detail} of the same shape appeared: if it is the same under another name, say so",
    ),
    "property-required": Aspect(MAJOR, PATCH, "made {name} required", "promised {name} in every case"),
    "property-optional": Aspect(MINOR, MAJOR, "made {name} optional", "no longer promised {name}"),
    "type-widened": Aspect(MINOR, MAJOR, *["widened the type of {name} from {detail}"] * 2),
    "type-narrowed": Aspect(MAJOR, PATCH, *["narrowed the type of {name} from {detail}"] * 2),
    "type-changed": Aspect(MAJOR, MAJOR, *["changed the type of {name} from {detail}"] * 2),
    "null-added": Aspect(MINOR, MAJOR, "took null for {name}", "could hold null in {name}"),
    "null-removed": Aspect(MAJOR, PATCH, "no longer took null for {name}", "no longer held null in {name}"),
    "enum-value-added": Aspect(MINOR, MAJOR, "took {detail} for {name}", "could hold {detail} in {name}"),
    "enum-value-removed": Aspect(
        MAJOR, PATCH, "no longer took {detail} for {name}", "no longer held {detail} in {name}"
    ),
    "enum-closed": Aspect(MAJOR, PATCH, "took only {detail} for {name}", "held only {detail} in {name}"),
    "enum-opened": Aspect(
        MINOR, MAJOR, "took values beside {detail} for {name}", "could hold values beside {detail} in {name}"
    ),
    "known-values-changed": Aspect(PATCH, PATCH, *["named other known values of {name}: {detail}"] * 2),
    "limit-tightened": Aspect(MAJOR, PATCH, *["tightened the limit {detail} of {name}"] * 2),
    "limit-loosened": Aspect(MINOR, MAJOR, *["loosened the limit {detail} of {name}"] * 2),
    "limit-changed": Aspect(MAJOR, MAJOR, *["changed the limit {detail} of {name}"] * 2),
    "additional-closed": Aspect(
        MAJOR, PATCH, "no longer took undeclared fields in {name}", "no longer held undeclared fields in {name}"
    ),
    "additional-opened": Aspect(
        MINOR, MINOR, "took undeclared fields in {name}", "could hold undeclared fields in {name}"
    ),
    "union-member-added": Aspect(
        MINOR, MAJOR, "took another form of {name}: {detail}", "could hold another form of {name}: {detail}"
    ),
    "union-member-removed": Aspect(
        MAJOR, PATCH, "no longer took {detail} as a form of {name}", "no longer held {detail} as a form of {name}"
    ),
    "default-changed": Aspect(MINOR, PATCH, *["changed the default of {name} from {detail}"] * 2),
    "schema-keyword-changed": Aspect(MAJOR, PATCH, *["changed {detail} of {name}"] * 2),
    "parameter-added": Aspect(MINOR, MINOR, "gained {new}", ""),
    "required-parameter-added": Aspect(MAJOR, MAJOR, "required {new}", ""),
    "parameter-removed": Aspect(MAJOR, MAJOR, "lost {name}", ""),
    "parameter-required": Aspect(MAJOR, MAJOR, "made {name} required", ""),
    "parameter-optional": Aspect(MINOR, MINOR, "made {name} optional", ""),
    "parameter-style-changed": Aspect(MAJOR, MAJOR, "wrote {name} in another way: {detail}", ""),
    "body-added": Aspect(MINOR, MINOR, "took a body", ""),
    "required-body-added": Aspect(MAJOR, MAJOR, "required a body", ""),
    "body-removed": Aspect(MAJOR, MAJOR, "lost its body", ""),
    "body-required": Aspect(MAJOR, MAJOR, "made its body required", ""),
    "body-optional": Aspect(MINOR, MINOR, "made its body optional", ""),
    "encoding-changed": Aspect(MAJOR, PATCH, *["changed the encoding of {name}"] * 2),
    "media-type-added": Aspect(MINOR, MINOR, "took the media type {detail}", "came as {detail} as well"),
    "media-type-removed": Aspect(MAJOR, MAJOR, "no longer took the media type {detail}", "no longer came as {detail}"),
    "header-added": Aspect(MINOR, MINOR, "", "gained {name}"),
    "header-removed": Aspect(MAJOR, MAJOR, "", "lost {name}"),
    "header-required": Aspect(PATCH, PATCH, "", "promised {name} in every case"),
    "header-optional": Aspect(MAJOR, MAJOR, "", "no longer promised {name}"),
}


def _either(bump: Bump, words: str) -> Aspect:
    return Aspect(bump, bump, words, words)


# What is the same for whoever sends and whoever reads; words that begin with a capital are a whole sentence.
_UNDIRECTED = {
    "provider-added": _either(PATCH, "The {detail} became known"),
    "provider-removed": _either(MINOR, "The {detail} became unknown: the server silently drops options for it"),
    "deprecated": _either(MINOR, "deprecated {name}"),
    "deprecation-lifted": _either(PATCH, "no longer deprecated {name}"),
    "operation-added": _either(MINOR, "The operation {detail} was added"),
    "operation-removed": _either(MAJOR, "The operation {detail} was removed"),
    "operation-renamed": _either(PATCH, "changed the names it is generated under: {detail}"),
    "error-added": _either(MINOR, "got an error of its own for status {detail}"),
    "error-removed": _either(MAJOR, "lost the error for status {detail}"),
    "error-range-added": _either(PATCH, "described its errors of status {detail}"),
    "error-range-removed": _either(PATCH, "no longer described its errors of status {detail}"),
    "success-added": _either(MINOR, "could answer with status {detail}"),
    "success-removed": _either(MAJOR, "no longer answered with status {detail}"),
    "security-alternative-added": _either(MINOR, "took {detail} as credentials"),
    "security-alternative-removed": _either(MAJOR, "no longer took {detail} as credentials"),
    "security-required": _either(MAJOR, "required credentials: {detail}"),
    "server-changed": _either(MAJOR, "moved from {detail}: keys and audio go there"),
    "other-servers-changed": _either(PATCH, "changed the servers beside the first: {detail}"),
}
ASPECTS = _DIRECTED | _UNDIRECTED


def rule(aspect: str, direction: str) -> str:
    """Return the name of an aspect's rule, such as "request-property-added"."""
    return aspect if aspect in _UNDIRECTED else f"{direction}-{aspect}"
