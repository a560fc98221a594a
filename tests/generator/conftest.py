"""A small published document, and a project around it that the tests change at will."""

from __future__ import annotations

import importlib
import itertools
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from generator.build import generate
from generator.document import parse_openapi
from generator.project import ROOT, Project

PUBLISHED = """\
openapi: 3.1.0
info: {title: Speech, version: "1"}
servers: [{url: "https://api.test/v1/"}]
security: [{key: []}]
tags: [{name: STT}, {name: Other}]
paths:
  /audio/transcriptions:
    post:
      operationId: transcribe
      tags: [STT]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Request"}}}
      responses:
        "200":
          description: Done
          content: {application/json: {schema: {$ref: "#/components/schemas/Answer"}}}
        "400":
          description: Bad Request - try again
          content: {application/json: {schema: {$ref: "#/components/schemas/BadRequestResponse"}}}
        "529":
          description: Overloaded
          content: {application/json: {schema: {$ref: "#/components/schemas/OverloadedResponse"}}}
  /other:
    get: {operationId: other, responses: {"200": {description: Other}}}
components:
  securitySchemes: {key: {type: http, scheme: bearer}}
  schemas:
    Request:
      type: object
      required: [model, input_audio]
      properties:
        model: {type: string}
        input_audio: {type: object, required: [data], properties: {data: {type: string}}}
        language: {type: string, description: The language}
    Answer:
      type: object
      required: [text]
      properties: {text: {type: string}, seconds: {type: number}}
    BadRequestResponse:
      type: object
      description: Bad
      required: [error]
      properties: {error: {$ref: "#/components/schemas/BadRequestResponseErrorData"}}
    OverloadedResponse:
      type: object
      required: [error]
      properties: {error: {$ref: "#/components/schemas/OverloadedResponseErrorData"}}
    BadRequestResponseErrorData: {type: object, properties: {code: {type: integer}}}
    OverloadedResponseErrorData: {type: object, properties: {code: {type: integer}}}
    Unused: {type: object}
"""

_numbers = itertools.count()


@pytest.fixture(autouse=True)
def tried_on_this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try generated code on the Python that runs the tests: what else is on PATH is none of their business."""
    monkeypatch.setattr("generator.verify.OLDEST", sys.version_info[:2])


@pytest.fixture
def published() -> dict[str, Any]:
    """A fresh copy of the small document, parsed."""
    return parse_openapi(PUBLISHED, "published.yaml")


@pytest.fixture
def request_fields(published: dict[str, Any]) -> dict[str, Any]:
    """The request's properties in `published`, to be added to."""
    fields: dict[str, Any] = published["components"]["schemas"]["Request"]["properties"]
    return fields


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project without overlays, whose generated package has a name of its own."""
    (tmp_path / "generator").mkdir()
    text = (ROOT / "generator" / "config.toml").read_text(encoding="utf-8")
    text = text.replace("openrouter_stt_api", f"api_{next(_numbers)}")
    (tmp_path / "generator" / "config.toml").write_text(text, encoding="utf-8")
    return Project(tmp_path)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A documentation page that holds the small document."""
    path = tmp_path / "page.md"
    path.write_text(f"# Title\n\n````yaml /spec.yaml\n{PUBLISHED}````\n", encoding="utf-8")
    return path


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    """A copy of the repository's document, generator and generated code."""
    root = tmp_path / "copy"
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("generator", "generated"):
        shutil.copytree(ROOT / folder, root / folder, ignore=ignored)
    shutil.copy(ROOT / "openapi.yaml", root)
    return root


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure no coverage in processes that run a copy of the project: its files are gone when that is reported."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


Generate = Callable[[dict[str, Any], str], ModuleType]


@pytest.fixture
def generated(project: Project, monkeypatch: pytest.MonkeyPatch) -> Generate:
    """Generate from a document and import one module of the result."""

    def make(document: dict[str, Any], module: str) -> ModuleType:
        generate(project, json.dumps(document), "published.yaml", project.package)
        monkeypatch.syspath_prepend(project.package.parent)
        return importlib.import_module(f"{project.package.name}.{module}")

    return make
