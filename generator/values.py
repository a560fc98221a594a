"""The value in a YAML or JSON text, as JSON has it.

YAML is read as version 1.2 by ruamel.yaml's own reader: under YAML 1.1 the language code ``no`` is false, and of two
equal keys the last wins without a word. Numbers as keys (``200:``) become text and dates stay text, as in JSON. JSON is
read by itself, since that takes no time.
"""

from __future__ import annotations

import json
import re
import warnings
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.events import AliasEvent

from generator.refusal import Refusal

_JSON = re.compile(r"\s*[{\[]")
_OTHER_VERSION = re.compile(r"^%YAML[ \t]+(?!1\.2\s).*", re.MULTILINE)


class _Composer(Composer):
    """Refuses aliases: no published document has them, and a few lines of them can stand for gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.parser.check_event(AliasEvent):
            mark = self.parser.peek_event().start_mark
            raise ComposerError(None, None, "an alias; write out what it stands for", mark)
        return super().compose_node(parent, index)


class _Constructor(SafeConstructor):
    """Builds plain values, dates as the text that was written."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def load(text: str, name: str) -> Any:
    """Return the one value in ``text``: JSON where it begins with a bracket, YAML 1.2 elsewhere.

    Raises Refusal, which begins with ``name``, for equal keys, numbers that JSON does not have, tags, aliases, several
    documents, and values nested too deep to be walked over.
    """
    try:
        value = _read_json(text) if _JSON.match(text) else _read_yaml(text)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except json.JSONDecodeError as error:
        raise Refusal(f"{name}: line {error.lineno}: not JSON: {error.msg}; is the document complete?") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}: " if mark else ""
        raise Refusal(f"{name}: {line}{_first_line(error.problem)}") from error
    except RecursionError as error:
        raise Refusal(f"{name}: nested too deep; flatten the document") from error
    except UnicodeEncodeError as error:
        raise Refusal(f"{name}: an escape such as \\ud800 is half a character; write both halves") from error
    except (YAMLError, TypeError, ValueError, OverflowError) as error:
        raise Refusal(f"{name}: not a YAML or JSON document: {_first_line(error)}") from error
    return value


def _read_yaml(text: str) -> Any:
    if other := _OTHER_VERSION.search(text):
        raise ValueError(f"{other[0]}: only YAML 1.2 is read; remove the line if the document is")
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _Composer
    yaml.Constructor = _Constructor
    with warnings.catch_warnings(action="ignore", category=ReusedAnchorWarning):  # without aliases it means nothing
        return _read_json(json.dumps(yaml.load(text), allow_nan=False))


def _read_json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} is twice in a mapping with {', '.join(result)}"[:200])
    return result


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number that JSON can hold")


def _first_line(message: object) -> str:
    return (str(message).strip() or "cannot be parsed").splitlines()[0][:200]
