"""Speech to text through OpenRouter's API, or on this machine, with plugins."""

from typing import TYPE_CHECKING

from ._audio import PCM as PCM
from ._audio import Audio as Audio
from ._audio import SampleFormat as SampleFormat
from ._audio import Source as Source
from ._client import AsyncClient as AsyncClient
from ._client import Client as Client
from ._client import transcribe as transcribe
from ._errors import *  # noqa: F403  the generator decides which statuses have a class
from ._events import AttemptFailed as AttemptFailed
from ._events import AttemptStarted as AttemptStarted
from ._events import CacheHit as CacheHit
from ._events import CallFailed as CallFailed
from ._events import CallFinished as CallFinished
from ._events import CallStarted as CallStarted
from ._events import Event as Event
from ._events import FallbackChosen as FallbackChosen
from ._events import RetryScheduled as RetryScheduled
from ._hookspecs import HookSpecs as HookSpecs
from ._installed import PluginLeftOut as PluginLeftOut
from ._markers import hookimpl as hookimpl
from ._values import STOP as STOP
from ._values import Attempt as Attempt
from ._values import Call as Call
from ._values import Failure as Failure
from ._values import Proceed as Proceed
from ._values import ProceedAttempt as ProceedAttempt
from ._values import Stop as Stop
from ._values import Transcription as Transcription
from ._values import Usage as Usage
from ._version import __version__ as __version__

if not TYPE_CHECKING:  # checkers want a literal list; without one they take the names imported above
    __all__ = sorted(  # noqa: PLE0605  it is a list
        {name for name in globals() if not name.startswith("_")} - {"TYPE_CHECKING"} | {"__version__"}
    )
    for _name in __all__:  # tracebacks, reprs and pickles show the public path
        if getattr(globals()[_name], "__module__", "").startswith(("openrouter_stt.", "openrouter_stt_api.")):
            globals()[_name].__module__ = __name__
