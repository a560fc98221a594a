"""OpenRouter's transcriptions as openapi.yaml describes them, with the embedded engine in place of the paid models."""

from __future__ import annotations

import base64
import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from openapi_core import OpenAPI
from openapi_core.contrib.starlette import StarletteOpenAPIRequest, StarletteOpenAPIResponse
from openapi_core.exceptions import OpenAPIError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from openrouter_stt_plugins._speech import recognise
from tests.support import spec

BASE = "/api/v1"
MODEL = "moonshine/tiny"


@dataclass
class SpeechServer:
    """What it was asked for, and in which format; a request that breaks the spec is answered with 400."""

    url: str
    formats: list[str] = field(default_factory=list)
    languages: list[str | None] = field(default_factory=list)
    _openapi: OpenAPI = field(
        default_factory=lambda: OpenAPI.from_dict({**spec.document(), "servers": [{"url": BASE}]})
    )

    def app(self) -> Starlette:
        return Starlette(routes=[Route(BASE + spec.PATH, self._transcribe, methods=["POST"])])

    async def _transcribe(self, request: Request) -> JSONResponse:
        asked = StarletteOpenAPIRequest(request, await request.body())
        try:
            self._openapi.validate_request(asked)
        except OpenAPIError as error:
            return JSONResponse({"error": {"code": 400, "message": f"{error}: {error.__cause__}"}}, 400)
        document = await request.json()
        self.formats.append(document["input_audio"]["format"])
        self.languages.append(document.get("language"))
        audio = io.BytesIO(base64.b64decode(document["input_audio"]["data"], validate=True))
        text, seconds = await run_in_threadpool(recognise, "moonshine-tiny", audio)
        usage = {"seconds": seconds, "cost": seconds * 1e-5, "input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
        answer = JSONResponse({"text": text, "usage": usage}, headers={"X-Generation-Id": "gen-e2e"})
        self._openapi.validate_response(asked, StarletteOpenAPIResponse(answer))
        return answer


@contextmanager
def transcribing() -> Iterator[SpeechServer]:
    """Run a server in a thread; it listens from the start, so that nobody has to wait for it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        speech = SpeechServer(f"http://127.0.0.1:{listener.getsockname()[1]}{BASE}")
        config = uvicorn.Config(speech.app(), http="h11", ws="none", lifespan="off", log_level="warning")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield speech
        finally:
            server.should_exit = True
            thread.join()
