"""Ask another model where one fails."""

from __future__ import annotations

from typing import Final

from openrouter_stt import APIStatusError, Call, ConfigurationError, Failure, HookSpecs, STTError, hookimpl

HELPED: Final = frozenset({404, 408, 429})  # statuses below 500 that another model may not have


class Fallback(HookSpecs):
    """Asks the next of its models once retries are spent; a model named `local/...` is one on this machine.

    Another model helps where the server or its provider fails (a status of 500 or more, 404, 408, 429, no usable
    answer), where no connection is made, and where a plugin such as a circuit breaker held the request back. It does
    not where the request, the key or the credits are refused (other statuses below 500), nor after the deadline, which
    is one for the whole call.

    Args:
        models: Asked in this order. A call that asks for one of them goes on behind it.
        resend_unknown: Whether to ask again after an outcome that is unknown, and so may pay for the audio twice.

    Raises:
        ConfigurationError: For no model, or the same one twice.
    """

    name = "fallback"

    def __init__(self, *models: str, resend_unknown: bool = False) -> None:
        if not all(isinstance(model, str) and model for model in models) or not 0 < len({*models}) == len(models):
            raise ConfigurationError(f"Fallback takes names of models, each once: Fallback('a', 'b'), not {models!r}")
        if not isinstance(resend_unknown, bool):
            raise ConfigurationError(f"Fallback takes resend_unknown= as True or False, not {resend_unknown!r}")
        self.models = models
        self.resend_unknown = resend_unknown

    @hookimpl
    def fallback(self, failure: Failure) -> Call | None:
        """Give the call with the next model, or None where the error stands."""
        call, error = failure.call, failure.error
        place = self.models.index(call.model) + 1 if call.model in self.models else 0
        if place == len(self.models) or not call.remaining or not _helps(error):
            return None
        if error.maybe_billed and not self.resend_unknown:
            return None
        return call.replace(model=self.models[place])


def _helps(error: STTError) -> bool:
    return not isinstance(error, APIStatusError) or error.status >= 500 or error.status in HELPED
