"""Try a generated package: a job as JSON on standard input, what is wrong with it as JSON on standard output.

Run as a script in a process of its own, where nothing of this project but the package can be imported.
"""

from __future__ import annotations

import ast
import importlib
import json
import re
import sys
import traceback
import typing
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import attrs
import httpx

_ALLOWED = sys.stdlib_module_names | {"attr", attrs.__name__, httpx.__name__}
_CALLABLES = ("asyncio", "asyncio_detailed", "sync", "sync_detailed")
_SENT = re.compile(r'"method": "(\w+)",\s+"url": "([^"]*)"')
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
Read = Callable[[Any], Any]


def problems(job: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a package, each with its file."""
    package = Path(job["package"])
    files = sorted(package.rglob("*.py"))
    for path in files:
        yield from _foreign_imports(path, path.relative_to(package).as_posix())
    modules: dict[str, ModuleType] = {}
    for path in files:
        name = path.relative_to(package).as_posix()
        try:
            modules[name] = _imported(package, path)
        except Exception as error:
            yield f"{_place(error, package) or name}: cannot be imported: {error!r}"
    endpoints = _endpoints(modules)
    yield from _missing_operations(endpoints, job["operations"])
    if "errors.py" in modules:
        yield from _missing_errors(modules["errors.py"], job["failures"])
    for case in job["cases"]:
        module = endpoints.get(_key(case["operation"]))
        if module is not None:
            yield from _round_trip(module, _file(module, package), case)


def _foreign_imports(path: Path, name: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for line, module in _absolute_imports(node):
            if module.partition(".")[0] not in _ALLOWED:
                yield f"{name}:{line}: imports {module}, which is none of our dependencies"


def _absolute_imports(node: ast.AST) -> list[tuple[int, str]]:
    if isinstance(node, ast.Import):
        return [(node.lineno, alias.name) for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [(node.lineno, node.module)]
    return []


def _imported(package: Path, path: Path) -> ModuleType:
    """Import a module as the first of its package, and everything that it says it has."""
    for name in [name for name in sys.modules if name.partition(".")[0] == package.name]:
        del sys.modules[name]
    parts = path.relative_to(package.parent).with_suffix("").parts
    module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
    for public in getattr(module, "__all__", ()):
        getattr(module, public)
    return module


def _place(error: Exception, package: Path) -> str:
    """Return file and line of the package's own code in which an error was raised."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if package in Path(frame.filename).parents]
    return "".join(f"{Path(frame.filename).relative_to(package).as_posix()}:{frame.lineno}" for frame in frames[-1:])


def _endpoints(modules: dict[str, ModuleType]) -> dict[tuple[str, str], ModuleType]:
    found: dict[tuple[str, str], ModuleType] = {}
    for module in modules.values():
        sent = _SENT.search(Path(str(module.__file__)).read_text(encoding="utf-8"))
        if sent and all(callable(getattr(module, name, None)) for name in _CALLABLES):
            found[_key(" ".join(sent.groups()))] = module
    return found


def _key(operation: str) -> tuple[str, str]:
    # Names of path parameters are spelled another way in Python.
    method, _, path = operation.partition(" ")
    return method, _PLACEHOLDER.sub("{}", path)


def _file(module: ModuleType, package: Path) -> str:
    return Path(str(module.__file__)).relative_to(package).as_posix()


def _missing_operations(endpoints: dict[tuple[str, str], ModuleType], operations: list[str]) -> Iterator[str]:
    for operation in operations:
        if _key(operation) not in endpoints:
            yield f"api: no module has {', '.join(_CALLABLES)} for {operation}"


def _missing_errors(module: ModuleType, failures: list[dict[str, Any]]) -> Iterator[str]:
    for failure in failures:
        status, name = failure["status"], failure["name"]
        found = module.ERRORS.get(status)
        if found is None or found.__name__ != name or not issubclass(found, module.APIStatusError):
            yield f"errors.py: ERRORS: status {status} has no class {name}"


def _round_trip(module: ModuleType, file: str, case: dict[str, Any]) -> Iterator[str]:
    """Read and write an example; where several classes take it, one that keeps it is enough."""
    reads = _request_reads(module) if case["status"] is None else [_answer_read(module, case["status"])]
    lost = [_lost(read, case["value"], case["expected"]) for read in reads]
    if lost and None not in lost:
        yield f"{file}: {case['place']}: {lost[0]}"


def _request_reads(module: ModuleType) -> list[Read]:
    return _reads(typing.get_type_hints(module._get_kwargs).get("body"))


def _reads(hint: Any) -> list[Read]:
    if hasattr(hint, "from_dict"):
        return [hint.from_dict]
    parts = [read for part in typing.get_args(hint) for read in _reads(part)]
    if typing.get_origin(hint) is list:
        return [lambda items, read=read: [read(item) for item in items] for read in parts]  # type: ignore[misc]
    return parts


def _answer_read(module: ModuleType, status: int) -> Read:
    return lambda value: module._parse_response(httpx.Response(status, json=value))


def _lost(read: Read, value: Any, expected: Any) -> str | None:
    """Return what is lost on the way from JSON to an object and back, or None."""
    try:
        parsed = read(value)
        written = _written(parsed)
        again = read(written)
    except Exception as error:
        return f"cannot be read and written: {error!r}"
    if found := _difference(expected, written, ""):
        return found
    return None if again == parsed else "what is written is read as another object"


def _written(value: Any) -> Any:
    if isinstance(value, list):
        return [_written(item) for item in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


def _difference(expected: Any, written: Any, at: str) -> str | None:
    if isinstance(expected, dict) and isinstance(written, dict):
        for name in [*expected, *(name for name in written if name not in expected)]:
            where = f"{at}.{name}".removeprefix(".")
            if name not in written or name not in expected:
                return f"{where}: {'was lost' if name in expected else 'appeared'}"
            if found := _difference(expected[name], written[name], where):
                return found
        return None
    if isinstance(expected, list) and isinstance(written, list) and len(expected) == len(written):
        pairs = zip(expected, written, strict=True)
        found_in = (_difference(*pair, f"{at}[{number}]") for number, pair in enumerate(pairs))
        return next(filter(None, found_in), None)
    return None if _same(expected, written) else f"{at or 'the whole'}: {expected!r:.50} became {written!r:.50}"


def _same(expected: Any, written: Any) -> bool:
    if expected == written:
        return True
    # The same moment and the same UUID (RFC 4122) can be written in several ways.
    return isinstance(expected, str) and any(_equal_as(kind, expected, written) for kind in (_moment, UUID))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _equal_as(kind: Callable[[str], Any], expected: str, written: Any) -> bool:
    try:
        return bool(kind(expected) == kind(written))
    except (AttributeError, TypeError, ValueError):
        return False


def main() -> None:
    """Do the job on standard input."""
    # What httpx itself warns about when it is imported is not the package's fault.
    warnings.simplefilter("error")
    job = json.load(sys.stdin)
    sys.path.insert(0, str(Path(job["package"]).parent))
    # A module that cannot be imported is met again by each that imports it.
    json.dump(list(dict.fromkeys(problems(job))), sys.stdout)


main()
