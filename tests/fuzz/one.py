"""Fuzz one target, as `python -m tests.fuzz` starts it: `python -m tests.fuzz.one TARGET [LIBFUZZER'S OPTIONS]`."""

import sys

import atheris

with atheris.instrument_imports(include=["openrouter_stt", "openrouter_stt_plugins", "json", "email"]):
    from tests.fuzz.targets import TARGETS

atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
atheris.Fuzz()
