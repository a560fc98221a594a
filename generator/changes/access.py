"""Compare where an operation is called and what it asks of the caller: servers and credentials."""

from __future__ import annotations

from typing import Any

from generator.changes.canonical import notes
from generator.changes.findings import Log, Site, listed
from generator.changes.operation import Operation
from generator.changes.shape import as_json
from generator.places import joined

_SCHEME = frozenset({"flows", "in", "name", "openIdConnectUrl", "scheme", "type"})
_Alternatives = dict[frozenset[str], str]


def compare_security(log: Log, old: Operation, new: Operation, site: Site) -> None:
    """Note the alternatives of credentials that came and went; a scheme is known by what it does, not by its name."""
    before, after = _alternatives(old), _alternatives(new)
    place = joined(new.part.place, "security")
    none = frozenset[str]()
    if none in before and none not in after:
        log.add("security-required", site, place, " or ".join(sorted(after.values())))
        return
    for key in before.keys() - after.keys():
        # Whoever has more than is asked for still gets in.
        if not any(other <= key for other in after):
            log.add("security-alternative-removed", site, place, before[key])
    for key in after.keys() - before.keys():
        log.add("security-alternative-added", site, place, after[key])


def _alternatives(operation: Operation) -> _Alternatives:
    schemes: dict[str, Any] = operation.reader.document.get("components", {}).get("securitySchemes", {})
    found: _Alternatives = {}
    for alternative in operation.security:
        facts = {
            as_json([{key: value for key, value in schemes.get(name, {}).items() if key in _SCHEME}, scope])
            for name, scopes in alternative.items()
            for scope in ([], *scopes)
        }
        found[frozenset(facts)] = " with ".join(f"`{name}`" for name in sorted(alternative)) or "none"
    return found


def compare_schemes(log: Log, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Note the security schemes whose words changed."""
    before, after = (document.get("components", {}).get("securitySchemes", {}) for document in (old, new))
    for name in sorted(before.keys() & after.keys()):
        place = joined("/components/securitySchemes", name)
        log.document(notes(before[name], _SCHEME), notes(after[name], _SCHEME), place)


def compare_servers(log: Log, old: Operation, new: Operation, site: Site) -> None:
    """Note another default server, where the key would go, and other changes of servers."""
    (first, *others), (successor, *successors) = old.servers, new.servers
    if first != successor:
        log.add("server-changed", site, "/servers", f"`{first}` to `{successor}`")
    elif set(others) != set(successors):
        log.add("other-servers-changed", site, "/servers", listed(set(others) ^ set(successors)))
