"""The published document in the form in which it is kept: only our operations, and always the same bytes.

The API is published in several forms: pages with one operation, a whole document, YAML and JSON, in an order that
changes. All of them give the same ``openapi.yaml``, so that its differences are those of the API.
"""

from __future__ import annotations

import copy
import io
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import SafeRepresenter

from generator import overlay
from generator.shake import Operations, cut, reached

_FIRST = ("openapi", "info", "servers", "security", "paths", "components")
# Line ends that YAML reads as plain ones.
_OTHER_ENDS = re.compile("[\r\x85\u2028\u2029]")
# Words and numbers that readers of YAML 1.1 take for something else than text.
_MISREAD = re.compile(
    r"y|n|yes|no|on|off|true|false|null|~|=|<<|[-+]?\.(inf|nan)|[-+]?(0x[\da-f_]+|0b[01_]+|0o?[0-7_]+)"
    r"|[-+]?[\d_]*\.?[\d_]*(e[-+]?\d+)?|[-+]?\d+(:\d+)+(\.\d*)?|\d{4}-\d\d?-\d\d?.*",
    re.IGNORECASE,
)


def of(whole: dict[str, Any], overlays: list[tuple[str, dict[str, Any]]], operations: Operations) -> dict[str, Any]:
    """Return the part of the document that the operations use, before and after the overlays are applied."""
    corrected = copy.deepcopy(whole)
    for name, actions in overlays:
        overlay.apply_where_it_matches(corrected, actions, name)
    return _ordered(cut(whole, operations, reached(whole, operations) | reached(corrected, operations)))


def text(part: dict[str, Any]) -> str:
    """Return the document as YAML that both versions, 1.1 and 1.2, read alike."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # a bool; its annotation says None
    yaml.width = 120
    stream = io.StringIO()
    yaml.dump(part, stream)
    return stream.getvalue()


class _Representer(SafeRepresenter):
    """Writes text of several lines as a block, quotes what could be misread, and writes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def text(self, data: str) -> ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=_style(data))


def _style(text: str) -> str | None:
    if _OTHER_ENDS.search(text):
        return '"'
    if "\n" in text:
        return "|"
    return "'" if _MISREAD.fullmatch(text) else None


_Representer.add_representer(str, _Representer.text)


def _ordered(part: dict[str, Any]) -> dict[str, Any]:
    ordered = _by_name(part)
    return {key: ordered[key] for key in _FIRST if key in ordered}


def _by_name(value: Any) -> Any:
    if isinstance(value, list):
        return [_by_name(item) for item in value]
    if isinstance(value, dict):
        return {key: _by_name(value[key]) for key in sorted(value)}
    return value
