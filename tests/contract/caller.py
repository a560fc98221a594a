"""A program that makes calls through the facade, over whichever generated package is on the path.

It reads `{"calls": [options, ...], "answers": [document, ...]}` from standard input, sends each call to a server of
its own on loopback, and writes what was sent and what came back.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from openrouter_stt import Client, STTError
from tests.support.server import Answer, Server, serving
from tests.support.sounds import WAV


def main() -> None:
    """Make the calls, one after the other."""
    script: dict[str, Any] = json.load(sys.stdin)
    with serving() as server, Client("sk-test", base_url=server.url, autoload=False, disable=["retry"]) as client:
        server.will(*(Answer.of(200, document) for document in script.get("answers", [])))
        json.dump([_called(client, server, options) for options in script["calls"]], sys.stdout)


def _called(client: Client, server: Server, options: dict[str, Any]) -> dict[str, Any]:
    try:
        result = client.transcribe(WAV, model="m", **options)
    except STTError as error:
        return {"error": error.message}
    response = result.response
    return {
        "sent": {name: value for name, value in server.last.json.items() if name != "input_audio"},
        "audio": server.last.audio == WAV,
        "media_type": server.last.header("Content-Type"),
        "text": result.text,
        "kind": type(response).__name__,
        "kinds": {name: type(value).__name__ for name, value in vars_of(response).items()},
        "response": None if response is None else response.to_dict(),
    }


def vars_of(response: Any) -> dict[str, Any]:
    """The attributes of an attrs instance, those that no field of the document stands for left out."""
    return {name: getattr(response, name) for name in getattr(type(response), "__slots__", ()) if "_" not in name}


if __name__ == "__main__":
    main()
