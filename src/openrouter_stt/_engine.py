"""The call loops over the hooks: four kinds, two policies, and the blame where a plugin breaks."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

import attrs

from ._errors import ConfigurationError, PluginError, STTError
from ._events import Event
from ._holding import GRACE, Holding
from ._markers import Contract
from ._runtime import Runtime, SuspendedError, run_through
from ._values import Failure

_HINTS: Final[Mapping[str, str]] = {
    "first": "None would leave the answer to others",
    "pipe": "None would leave it as it is",
    "around": "return what `proceed` gave, or a replace() of it",
}

# What is told of the plugin that raises it; cancelling, which is none of these, comes from outside.
_BLAMED: Final = (Exception, KeyboardInterrupt, SystemExit, GeneratorExit)

_GRACES: Final[Mapping[str, float]] = {"around_attempt": 2 * GRACE, "around_call": 3 * GRACE}

_STOPPED: Final = "a plain function raised StopIteration"  # what a coroutine makes of it, too, but without the blame

logger = logging.getLogger("openrouter_stt")  # without a NullHandler: what is passed over is told by nothing else


@attrs.frozen(kw_only=True)
class Impl:
    """One implementation of a hook, as it is called in one client."""

    plugin: str
    origin: str  # the plugin's name with its distribution and version, for messages
    builtin: bool
    hook: str
    function: Callable[..., Any]
    positions: tuple[int, ...]  # which of the hook's arguments it takes
    blocking: bool | Callable[..., bool]
    is_async: bool
    waits: bool  # not where it is a plain call in this client
    wants: Callable[[type[Event]], bool] | None  # where the hook is `event`
    taken: Callable[[tuple[Any, ...]], Sequence[Any]] = attrs.field(  # its arguments, of the hook's
        default=attrs.Factory(lambda impl: _taking(impl.positions), takes_self=True), init=False, eq=False, repr=False
    )

    @property
    def place(self) -> str:
        return f"plugin {self.origin}, hook {self.hook}"

    def blame(self, error: BaseException) -> None:
        """Note where an error was raised; what a built-in plugin says of the caller's input needs none."""
        if not (self.builtin and isinstance(error, STTError)):
            error.add_note(f"raised in {self.place}")

    def wants_thread(self, arguments: Sequence[Any]) -> bool:
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
    holding: Holding = attrs.field(init=False)
    _warned: set[tuple[str, type]] = attrs.field(factory=set[tuple[str, type]], init=False)

    def __attrs_post_init__(self) -> None:
        self.holding = Holding(self.runtime)

    def has(self, *names: str) -> bool:
        """Tell whether any plugin implements one of the hooks."""
        return any(self.hooks[name].impls for name in names)

    async def first(self, name: str, *values: Any) -> tuple[Any, str]:
        """Return the first answer that is not None with the name of the plugin that gave it, or None and ""."""
        hook = self.hooks[name]
        for impl in hook.impls:
            answer = await self._awaited(hook, impl, values) if impl.waits else self._asked(hook, impl, values)
            if answer is not None:
                return answer, impl.plugin
        return None, ""

    async def pipe(self, name: str, *values: Any, at: int = 0) -> Any:
        """Hand the value at position `at` from one implementation to the next and return it."""
        hook = self.hooks[name]
        for impl in hook.impls:
            answer = await self._awaited(hook, impl, values) if impl.waits else self._asked(hook, impl, values)
            if answer is not None:
                values = (*values[:at], answer, *values[at + 1 :])
        return values[at]

    async def all(self, name: str, *values: Any) -> None:
        """Call every implementation."""
        hook = self.hooks[name]
        await self._each(hook, hook.impls, values)

    def observers(self, kind: type[Event]) -> Sequence[Impl]:
        """List those who want to be told such an event; where there are none, it need not be made."""
        hook = self.hooks["event"]
        wanting: list[Impl] = []
        for impl in hook.impls:
            try:
                if impl.wants is None or self._wants(impl, kind):  # quicker, for those who want all
                    wanting.append(impl)
            except _BLAMED as error:
                if not self._passed_over(hook, impl, (), error):
                    raise
        return wanting

    async def tell(self, event: Event, observers: Sequence[Impl] | None = None) -> None:
        """Tell those who want to be told."""
        observers = self.observers(type(event)) if observers is None else observers
        await self._each(self.hooks["event"], observers, (event,))

    async def _each(self, hook: Hook, impls: Iterable[Impl], values: tuple[Any, ...]) -> None:
        for impl in impls:
            if impl.waits:
                await self._awaited(hook, impl, values)
            else:
                self._asked(hook, impl, values)

    async def around(self, name: str, value: Any, core: Callable[[Any], Awaitable[Any]]) -> Any:
        """Run `core` inside the implementations, the first one outermost.

        They are held to the deadline together, since each contains the next; what takes too long inside of them has an
        error of its own, which comes out first.
        """
        hook = self.hooks[name]
        for impl in reversed(hook.impls):
            core = self._wrapped(hook, impl, core)
        if not (hook.impls and self.runtime.is_async):
            return await core(value)
        who = f"hook {name} of plugin {' or '.join(impl.origin for impl in hook.impls)}"
        return await self.holding.awaited(who, core, value, grace=_GRACES[name])

    def _asked(self, hook: Hook, impl: Impl, values: tuple[Any, ...]) -> Any:
        try:
            answer = self._called(impl, values)
            return None if answer is None else _checked(hook, impl, answer)
        except _BLAMED as error:
            if not self._passed_over(hook, impl, values, error):
                raise

    async def _awaited(self, hook: Hook, impl: Impl, values: tuple[Any, ...]) -> Any:
        try:
            answer = await self._call(impl, values)
            return None if answer is None else _checked(hook, impl, answer)
        except _BLAMED as error:
            if not self._passed_over(hook, impl, values, error):
                raise

    def _passed_over(self, hook: Hook, impl: Impl, values: tuple[Any, ...], error: BaseException) -> bool:
        """Tell whether the call goes on without an implementation that failed; if not, the error says which it was."""
        if isinstance(error, Exception) and hook.contract.on_error == "isolate" and not self.strict:
            self._isolate(impl, error)
            return True
        if not any(isinstance(value, Failure) and value.error is error for value in values):
            impl.blame(error)
        return False

    def _called(self, impl: Impl, values: tuple[Any, ...]) -> Any:
        try:
            return impl.function(*impl.taken(values))
        except StopIteration as error:
            raise RuntimeError(_STOPPED) from error

    def _wants(self, impl: Impl, kind: type[Event]) -> bool:
        try:
            return impl.wants is None or impl.wants(kind)
        except StopIteration as error:
            raise RuntimeError(_STOPPED) from error

    async def _call(self, impl: Impl, values: tuple[Any, ...]) -> Any:
        arguments = impl.taken(values)
        if not self.runtime.is_async:
            return _run_through(impl, arguments) if impl.is_async else impl.function(*arguments)
        if impl.is_async:
            return await self._held(impl, arguments)
        if impl.wants_thread(arguments):
            return await self.holding.in_thread(impl.place, impl.function, *arguments, grace=self._grace(impl))
        return impl.function(*arguments)

    async def _held(self, impl: Impl, arguments: Sequence[Any]) -> Any:
        if self.hooks[impl.hook].contract.kind == "around":  # see `around`
            return await impl.function(*arguments)
        return await self.holding.awaited(impl.place, impl.function, *arguments, grace=self._grace(impl))

    def _grace(self, impl: Impl) -> float:
        return GRACE if self.hooks[impl.hook].contract.on_error == "isolate" else 0

    def _wrapped(
        self, hook: Hook, impl: Impl, core: Callable[[Any], Awaitable[Any]]
    ) -> Callable[[Any], Awaitable[Any]]:
        async def run(value: Any) -> Any:
            from_inside: list[BaseException] = []
            ended = False

            async def proceed(passed: Any) -> Any:
                if ended:
                    raise PluginError(f"{impl.place} called proceed when it had ended; await it within the hook")
                try:
                    return await core(_passed_on(impl, value, passed))
                except BaseException as error:
                    from_inside.append(error)
                    raise

            try:
                answer = _checked(hook, impl, await self._call(impl, (value, proceed)))
                return answer if answer.source else answer.replace(source=impl.plugin)
            except _BLAMED as error:
                if not any(error is known for known in from_inside):
                    impl.blame(error)
                raise
            finally:
                ended = True
                from_inside.clear()  # of what holds this frame

        return run

    def _isolate(self, impl: Impl, error: Exception) -> None:
        """Log an error, once as a warning for each plugin: by its type alone, since its message may hold what was said.

        A `ConfigurationError` speaks of settings, and says what to do.
        """
        known = impl.plugin, type(error)
        level = logging.DEBUG if known in self._warned else logging.WARNING
        self._warned.add(known)
        words = f" ({error})" if isinstance(error, ConfigurationError) else ""
        logger.log(
            level,
            "%s failed with %s%s and was passed over; strict=True raises it",
            impl.place,
            type(error).__name__,
            words,
        )


def _taking(positions: tuple[int, ...]) -> Callable[[tuple[Any, ...]], Sequence[Any]]:
    """Make a function that takes some values out of several; those in a row are quicker to take."""
    first = positions[0] if positions else 0
    behind = first + len(positions)
    in_a_row = positions == tuple(range(first, behind))
    return itemgetter(slice(first, behind)) if in_a_row else itemgetter(*positions)


def _run_through(impl: Impl, arguments: Sequence[Any]) -> Any:
    try:
        return run_through(impl.function(*arguments))
    except SuspendedError:
        raise PluginError(
            f"{impl.place} waits for an event loop, which a sync client has not: await only proceed(...) and the "
            "call's sleep, blocking, io and gather"
        ) from None


def _checked(hook: Hook, impl: Impl, answer: Any) -> Any:
    returns = hook.contract.returns
    if type(answer) in returns:  # quickly, for all but those of derived classes
        return answer
    unusable = (bool, Coroutine) if returns else Coroutine  # a bool is an int, but no time to wait
    if isinstance(answer, returns or object) and not isinstance(answer, unusable):
        return answer
    wanted = " or ".join(kind.__name__.lstrip("_") for kind in returns) or "None"
    hint = _HINTS.get(hook.contract.kind)
    if isinstance(answer, Coroutine):
        answer.close()
        hint = "is an `await` or an `async def` missing?"
    elif answer is None:
        takes_proceed = 1 in impl.positions
        hint = "is `return await proceed(...)` missing?" if takes_proceed else "take `proceed` and return what it gives"
    raise PluginError(f"{impl.place} returned {type(answer).__name__}, not {wanted}; {hint}")


def _passed_on(impl: Impl, given: Any, passed: Any) -> Any:
    if isinstance(passed, type(given)):
        return passed
    raise PluginError(
        f"{impl.place} called proceed with {type(passed).__name__}, not {type(given).__name__}; "
        "pass on what it was given, or a replace() of it"
    )
