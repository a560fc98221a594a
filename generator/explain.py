"""Why a generated file, class or field is what it is: its place in the document, corrections, rules, template."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterator

from generator import lock, option_parts, parts, render, tree
from generator.parts import Part
from generator.project import Project
from generator.provenance import Provenance
from generator.refusal import Refusal

_TEMPLATES = {"__init__.py": "package_init", "models/__init__.py": "models_init", "api/__init__.py": "api_init"}
_WRITTEN = {
    "lock.json": "generator/lock.py: what the files were made of, and the hash of each",
    "openapi.yaml": "generator/published.py: the published document, cut to our operations, in one form",
    "py.typed": "generator/render.py: tells type checkers that the package has types (PEP 561)",
}


def explain(project: Project, path: str) -> str:
    """Return in Markdown why a part of the generated package is what it is.

    ``path`` names a file (``models/stt_response.py``), a class (``STTResponse``), a field (``STTResponse.usage``), an
    option (``transcribe.language``), an error or a function, with or without the packages and folders around it.

    Raises Refusal for a name that nothing has, with the names most like it, and where there is no generated package.
    """
    present = lock.read(project)
    if present is None:
        raise Refusal("generated/: absent; run sync first")
    provenance = Provenance.of(project, present.operations)
    known = [*parts.of(project, provenance), *option_parts.of(project, provenance)]
    known += _others(project, present, frozenset().union(*(part.names for part in known)))
    wanted = _short(path, project.config.package)
    found = [part for part in known if wanted in part.names]
    if not found:
        raise Refusal(f"{path}: nothing generated has this name{_similar(wanted, known)}")
    return "\n".join(_text(part, provenance, known) for part in found)


def _short(path: str, package: str) -> str:
    short = path.replace("\\", "/").removeprefix("./").removeprefix("generated/")
    return short.removeprefix(f"{package}/").removeprefix(f"{package}.") or short


def _similar(wanted: str, known: list[Part]) -> str:
    by_case = {name.lower(): name for part in known for name in sorted(part.names)}
    found = [by_case[name] for name in difflib.get_close_matches(wanted.lower(), by_case, n=3)]
    return f"; did you mean {', '.join(found)}?" if found else "; name a file in generated/, a class or Class.field"


def _others(project: Project, present: lock.Lock, taken: frozenset[str]) -> Iterator[Part]:
    """Yield the files and the names in them that come from a template alone, or from none."""
    source = f"the source is {present.source}, its operations are {', '.join(project.config.operations)}"
    if present.operations == "all":
        source = f"the source is {present.source}, with all of its operations"
    yield Part.of("openapi.yaml", "openapi.yaml", [], [source])
    for file, content in tree.files(project.generated).items():
        short = _short(file, project.config.package)
        if short not in taken:
            remarks = [source] if short == project.lock.name else []
            yield Part.of(short, short, [], remarks, whole_file=True)
        if short.endswith(".py"):
            yield from (Part.of(short, name, []) for name in _names(ast.parse(content)) if name not in taken)


def _names(node: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[str]:
    for item in node.body:
        match item:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield prefix + name
            case ast.ClassDef(name=name):
                yield prefix + name
                yield from _names(item, f"{prefix}{name}.")
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                yield prefix + name
            case _:
                continue


def _text(part: Part, provenance: Provenance, known: list[Part]) -> str:
    rows = [("Published", provenance.published_at(place)) for place in part.places]
    rows += [("Corrected", words) for words in _once(provenance.corrections, part)]
    rows += [("Rule", words) for words in (*part.remarks, *_once(provenance.rules, part))]
    rows += [("File", part.file), ("Written by", _WRITTEN.get(part.file) or _template(part.file))]
    inside = [other.title for other in known if other.file == part.file and other is not part]
    public = sorted(name for name in inside if not any(word.startswith("_") for word in name.split(".")))
    rows += [("Holds", ", ".join(public))] * (part.file in part.names and bool(public))
    return "\n".join([f"# {part.title}", "", *(f"- {label}: {words}" for label, words in rows), ""])


def _once(words: Callable[[str], list[str]], part: Part) -> list[str]:
    return list(dict.fromkeys(line for place in part.places for line in words(place)))


def _template(file: str) -> str:
    """Return in words which template wrote a file, and whose it is."""
    folder, _, name = file.rpartition("/")
    kind = {"models": "model", "": name.removesuffix(".py")}
    general = "endpoint_init" if name == "__init__.py" else kind.get(folder, "endpoint_module")
    template = f"{_TEMPLATES.get(file, general)}.py.jinja"
    if template not in render.originals():
        return f"generator/templates/{template}"
    if (render.TEMPLATES / template).exists():
        return f"generator/templates/{template}, in place of openapi-python-client's"
    return f"openapi-python-client's own {template}"
