"""Documents of one operation, made of the part that a test is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generator.changes import Change, compare

Document = dict[str, Any]
Make = Callable[..., Document]


def content(schema: Any) -> Document:
    """A JSON body."""
    return {"content": {"application/json": {"schema": schema}}}


def holder(schema: Any) -> Document:
    """An object whose one property is `x`."""
    return {"type": "object", "properties": {"x": schema}}


@pytest.fixture
def make() -> Make:
    """Make a document from schemas of the request and the answer, and from other parts of its operation."""

    def make(request: Any = True, answer: Any = True, schemas: Any = None, **operation: Any) -> Document:
        responses = {"200": {"description": "Done", **content(answer)}}
        post = {"operationId": "transcribe", "requestBody": content(request), "responses": responses, **operation}
        return {
            "openapi": "3.1.0",
            "info": {"title": "Speech", "version": "1"},
            "servers": [{"url": "https://api.test/v1"}],
            "paths": {"/transcriptions": {"post": post}},
            "components": {
                "schemas": schemas or {},
                "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            },
        }

    return make


@pytest.fixture
def changed(make: Make) -> Callable[..., list[Change]]:
    """Compare two schemas of the property `x` of the "request" or the "answer"."""

    def changed(direction: str, old: Any, new: Any, schemas: Any = None) -> list[Change]:
        documents = (make(**{direction: holder(schema)}, schemas=schemas) for schema in (old, new))
        return compare(next(documents), next(documents))

    return changed
