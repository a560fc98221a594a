"""Tell what audio a file holds from its content, with the standard library alone.

The name of a file and the type a browser claims for it are often wrong; the container's own headers are what
a decoder believes. `probe` reads those, and asks for at most 1 MiB however large or hostile the file is.
"""

from openrouter_stt_plugins._audio_probe._info import AudioInfo
from openrouter_stt_plugins._audio_probe._names import ALIASES, KNOWN_FORMATS, format_of_name, name_agrees
from openrouter_stt_plugins._audio_probe._other import describe_non_audio
from openrouter_stt_plugins._audio_probe._probe import probe

__all__ = [
    "ALIASES",
    "KNOWN_FORMATS",
    "AudioInfo",
    "describe_non_audio",
    "format_of_name",
    "name_agrees",
    "probe",
]
