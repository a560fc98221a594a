"""The call loops over the hooks: four kinds, two policies, and the blame where a plugin breaks."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import attrs

from ._errors import PluginError, STTError
from ._markers import Contract
from ._runtime import Runtime, SuspendedError, run_through
from ._values import Failure

logger = logging.getLogger("openrouter_stt")
logger.addHandler(logging.NullHandler())  # what is heard is the application's choice


@attrs.frozen
class Impl:
    """One implementation of a hook, as it is called in one client."""

    plugin: str
    origin: str  # the plugin's name with its distribution and version, for messages
    builtin: bool
    hook: str
    function: Callable[..., Any]
    positions: tuple[int, ...]  # which of the hook's arguments it takes
    blocking: bool | Callable[..., bool] = False
    is_async: bool = False

    @property
    def place(self) -> str:
        return f"plugin {self.origin}, hook {self.hook}"

    def blame(self, error: Exception) -> None:
        """Note where an error was raised; what a built-in plugin says of the caller's input needs none."""
        if not (self.builtin and isinstance(error, STTError)):
            error.add_note(f"raised in {self.place}")

    def wants_thread(self, arguments: list[Any]) -> bool:
        return self.blocking(*arguments) if callable(self.blocking) else self.blocking


@attrs.frozen
class Hook:
    """A hook with its implementations, the one to be asked first in front."""

    name: str
    contract: Contract
    impls: tuple[Impl, ...]


@attrs.define
class Engine:
    """Calls the hooks of one client."""

    runtime: Runtime
    hooks: Mapping[str, Hook]
    strict: bool = False
    _warned: set[str] = attrs.field(factory=set[str], init=False)

    def has(self, *names: str) -> bool:
        """Tell whether any plugin implements one of the hooks."""
        return any(self.hooks[name].impls for name in names)

    async def first(self, name: str, *values: Any) -> tuple[Any, str]:
        """Return the first answer that is not None with the name of the plugin that gave it, or None and ""."""
        hook = self.hooks[name]
        for impl in hook.impls:
            if (answer := await self._ask(hook, impl, values)) is not None:
                return answer, impl.plugin
        return None, ""

    async def pipe(self, name: str, *values: Any, at: int = 0) -> Any:
        """Hand the value at position `at` from one implementation to the next and return it."""
        hook = self.hooks[name]
        for impl in hook.impls:
            if (answer := await self._ask(hook, impl, values)) is not None:
                values = (*values[:at], answer, *values[at + 1 :])
        return values[at]

    async def all(self, name: str, *values: Any) -> None:
        """Tell every implementation."""
        hook = self.hooks[name]
        for impl in hook.impls:
            await self._ask(hook, impl, values)

    async def around(self, name: str, value: Any, core: Callable[[Any], Awaitable[Any]]) -> Any:
        """Run `core` inside the implementations, the first one outermost."""
        hook = self.hooks[name]
        for impl in reversed(hook.impls):
            core = self._wrapped(hook, impl, core)
        return await core(value)

    async def _ask(self, hook: Hook, impl: Impl, values: tuple[Any, ...]) -> Any:
        try:
            return _checked(hook, impl, await self._call(impl, values))
        except Exception as error:
            if hook.contract.on_error == "isolate" and not self.strict:
                self._isolate(impl, error)
                return None
            if not any(isinstance(value, Failure) and value.error is error for value in values):
                impl.blame(error)
            raise

    async def _call(self, impl: Impl, values: tuple[Any, ...]) -> Any:
        arguments = [values[position] for position in impl.positions]
        if impl.is_async:
            if self.runtime.is_async:
                return await impl.function(*arguments)
            return _run_through(impl, arguments)
        if impl.wants_thread(arguments):
            return await self.runtime.blocking(impl.function, *arguments)
        return impl.function(*arguments)

    def _wrapped(
        self, hook: Hook, impl: Impl, core: Callable[[Any], Awaitable[Any]]
    ) -> Callable[[Any], Awaitable[Any]]:
        async def run(value: Any) -> Any:
            from_inside: list[Exception] = []

            async def proceed(passed: Any) -> Any:
                try:
                    return await core(_passed_on(impl, value, passed))
                except Exception as error:
                    from_inside.append(error)
                    raise

            try:
                answer = _checked(hook, impl, await self._call(impl, (value, proceed)))
                return answer if answer.source else answer.replace(source=impl.plugin)
            except Exception as error:
                if not any(error is known for known in from_inside):
                    impl.blame(error)
                raise

        return run

    def _isolate(self, impl: Impl, error: Exception) -> None:
        """Log the error's type alone, once as a warning: its message may hold what was said."""
        level = logging.DEBUG if impl.place in self._warned else logging.WARNING
        self._warned.add(impl.place)
        logger.log(
            level, "%s failed with %s and was passed over; strict=True raises it", impl.place, type(error).__name__
        )


def _run_through(impl: Impl, arguments: list[Any]) -> Any:
    try:
        return run_through(impl.function(*arguments))
    except SuspendedError:
        raise PluginError(
            f"{impl.place} waits for an event loop, which a sync client has not: await only proceed(...) and the "
            "call's sleep, blocking, io and gather"
        ) from None


def _checked(hook: Hook, impl: Impl, answer: Any) -> Any:
    returns = hook.contract.returns
    if answer is None and hook.contract.kind != "around":
        return answer
    unusable = (bool, Coroutine) if returns else Coroutine  # a bool is an int, but no time to wait
    if isinstance(answer, returns or object) and not isinstance(answer, unusable):
        return answer
    wanted = " or ".join(kind.__name__.lstrip("_") for kind in returns) or "None"
    hint = ""
    if isinstance(answer, Coroutine):
        answer.close()
        hint = "; is an `await` or an `async def` missing?"
    elif answer is None:
        hint = "; is `return await proceed(...)` missing?"
    raise PluginError(f"{impl.place} returned {type(answer).__name__}, not {wanted}{hint}")


def _passed_on(impl: Impl, given: Any, passed: Any) -> Any:
    if isinstance(passed, type(given)):
        return passed
    raise PluginError(
        f"{impl.place} called proceed with {type(passed).__name__}, not {type(given).__name__}; "
        "pass on what it was given, or a replace() of it"
    )
