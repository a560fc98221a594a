"""Only type-checked, never run: the test kit as an author of plugins uses it."""

from typing import assert_type

from openrouter_stt import HookSpecs, RetryScheduled, Transcription
from openrouter_stt.testing import Answer, Driver, FakeTransport, Recorder, SentRequest, client, conformance


class Redactor(HookSpecs):
    def __init__(self, words: tuple[str, ...] = ()) -> None: ...


def says_model(request: SentRequest) -> Answer:
    return Answer.text(request.model)


def plugins_are_classes_and_functions_that_make_them() -> None:
    conformance(Redactor)
    conformance(lambda: Redactor(("Ann",)), skip={"errors": "it falls back"}, answer=says_model, worlds=["asyncio"])
    conformance(Redactor())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def clients_are_typed() -> None:
    recorder = Recorder()
    transport = FakeTransport(Answer.error(503, retry_after=2), says_model, otherwise=Answer.refused())
    with client("trio", plugins=[Redactor(), recorder], transport=transport, strict=True) as driver:
        assert_type(driver, Driver)
        assert_type(driver.transcribe(language="en"), Transcription)
        driver.transcribe(langage="en")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    assert_type(recorder.of(RetryScheduled), list[RetryScheduled])
    assert_type(transport.last.audio, bytes)
