"""One operation of a document, with its references resolved and what its path shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from generator.changes.canonical import Reader
from generator.changes.shape import Part
from generator.facts import address
from generator.places import joined
from generator.shake import METHODS


def member(reader: Reader, part: Part | None, key: str) -> Part | None:
    """Return what stands below ``part`` under ``key``, or what that refers to."""
    if part is None or key not in part.schema:
        return None
    return reader.resolve(Part(part.schema[key], joined(part.place, key)))


def members(reader: Reader, part: Part | None, key: str) -> dict[str, Part]:
    """Return what the mapping below ``part`` under ``key`` holds, references resolved."""
    whole = member(reader, part, key)
    if whole is None:
        return {}
    return {name: reader.resolve(Part(value, joined(whole.place, name))) for name, value in whole.schema.items()}


@dataclass(frozen=True)
class Operation:
    """An operation, and the item of its path."""

    reader: Reader
    item: Part
    part: Part

    @property
    def names(self) -> str:
        """What the generated code is named after, in words."""
        names = (*self.part.schema.get("tags", ()), self.part.schema.get("operationId", "no operationId"))
        return " ".join(f"`{name}`" for name in names)

    @property
    def parameters(self) -> dict[tuple[str, str], Part]:
        """The parameters by place and name; the operation's own go before its path's."""
        found: dict[tuple[str, str], Part] = {}
        for holder in (self.item, self.part):
            for index, written in enumerate(holder.schema.get("parameters", ())):
                part = self.reader.resolve(Part(written, joined(holder.place, "parameters", index)))
                where, name = str(part.schema["in"]), str(part.schema["name"])
                found[where, name.lower() if where == "header" else name] = part
        return found

    @property
    def servers(self) -> list[str]:
        """The addresses, the default one first, with the defaults of their variables."""
        holders = (self.part.schema, self.item.schema, self.reader.document)
        stated: list[dict[str, Any]] = next((holder["servers"] for holder in holders if holder.get("servers")), [])
        return [address(server) or "/" for server in stated] or ["/"]

    @property
    def security(self) -> list[dict[str, list[str]]]:
        """The alternatives of credentials, each a mapping of schemes to scopes."""
        stated: list[dict[str, list[str]]] = self.part.schema.get("security", self.reader.document.get("security", []))
        return stated or [{}]


def operations(reader: Reader) -> dict[str, Operation]:
    """Return the operations of a document by name ("method path"), in its order."""
    found: dict[str, Operation] = {}
    for path, written in reader.document.get("paths", {}).items():
        item = reader.resolve(Part(written, joined("/paths", path)))
        for method in sorted(METHODS & item.schema.keys()):
            part = Part(item.schema[method], joined(item.place, method))
            found[f"{method} {path}"] = Operation(reader, item, part)
    return found
