"""Redaction: what is taken out of a text, what is left, and that no cache ever sees what was taken."""

from __future__ import annotations

import sys
import threading
from time import process_time
from typing import Any

import pytest

from openrouter_stt import ConfigurationError, Transcription, hookimpl
from openrouter_stt_plugins import redaction
from openrouter_stt_plugins.cache import MemoryCache
from openrouter_stt_plugins.redaction import LONG, Redaction
from tests.hooks.small_plugins import Small, adding, answering
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import World, world_named

MEGABYTE = 1_000_000
SECRET, TAKEN = "write to ada@example.com", "write to [EMAIL]"


def redacted(text: str, **settings: Any) -> str:
    """Return what a client with the plugin makes of a text."""
    with world_named("sync") as world:
        return world.client(plugins=[Redaction(**settings), answering(text)]).transcribe(WAV).text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Write to john.doe+x@mail.example.com. Or a@b.co?", "Write to [EMAIL]. Or [EMAIL]?"),
        ("zoë@bücher.example and @handle and a@b", "[EMAIL] and @handle and a@b"),
        ("IBAN DE89 3704 0044 0532 0130 00 is mine", "IBAN [IBAN] is mine"),
        ("gb29nwbk60161331926819, GB29-NWBK-6016-1331-9268-19", "[IBAN], [IBAN]"),
        ("DE88 3704 0044 0532 0130 00 has a wrong check digit", "DE88 3704 0044 0532 0130 00 has a wrong check digit"),
        ("card 4111 1111 1111 1111, 4111-1111-1111-1111", "card [CARD], [CARD]"),
        ("378282246310005 and 6011000990139424", "[CARD] and [CARD]"),
        ("pay 12 4111 1111 1111 1111 20 times", "pay 12 [CARD] 20 times"),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[CARD]"),
        ("4111 1111 1111 1112 or 0000 0000 0000 0000", "4111 1111 1111 1112 or 0000 0000 0000 0000"),
        ("SSN 078-05-1120, 078 05 1120", "SSN [SSN], [SSN]"),
        ("000-12-3456, 900-12-3456, 123-00-4567, 123-45-0000", "000-12-3456, 900-12-3456, 123-00-4567, 123-45-0000"),
        ("from 192.168.0.1. To fe80::1 or ::1", "from [IP]. To [IP] or [IP]"),
        ("version 1.2.3, 10.0.0.256, at 12:30:45", "version 1.2.3, 10.0.0.256, at 12:30:45"),
        ("(415) 555-2671, 555-123-4567 or 1-800-555-1212", "[PHONE], [PHONE] or [PHONE]"),
        ("call +44 20 7946 0958 or +1 (415) 555-2671", "call [PHONE] or [PHONE]"),
        ("on 2024-05-12 in 1990-2000 3.14 of 1,000,000", "on 2024-05-12 in 1990-2000 3.14 of 1,000,000"),
        ("", ""),
    ],
)
def test_kinds(text: str, left: str) -> None:
    """What has the form of personal data, and right check digits where it has any, is replaced; the rest stays."""
    assert redacted(text) == left


def _with_check_digit(digits: str) -> str:
    """Append the digit that ISO/IEC 7812-1 asks for, reckoned digit by digit."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return f"{digits}{-total % 10}"


@pytest.mark.parametrize("length", [13, 14, 16, 19])
@pytest.mark.parametrize("digit", range(10))
def test_each_digit_of_a_card_counts(digit: int, length: int) -> None:
    """In places that are doubled and in the others; any other check digit is wrong."""
    for digits in (f"4{digit}".ljust(length - 1, "0"), f"40{digit}".ljust(length - 1, "0")):
        card = _with_check_digit(digits)
        others = [f"{digits}{last}" for last in range(10) if f"{digits}{last}" != card]
        assert redacted(" / ".join([card, *others]), kinds=["card"]) == " / ".join(["[CARD]", *others])


def _with_check_digits(country: str, account: str) -> str:
    """Put in the two digits that ISO 13616 asks for."""
    number = int("".join(str(int(each, 36)) for each in f"{account}{country}00"))
    return f"{country}{98 - number % 97:02}{account}"


@pytest.mark.parametrize("account", ["86011117947", "ABCDEFGHIJK", "0019500000000000000Z", "1" * 30])
def test_each_letter_of_an_account_counts(account: str) -> None:
    """The shortest has 15 characters and the longest 34; the one beside it is wrong."""
    iban = _with_check_digits("NO", account)
    wrong = f"NO{(int(iban[2:4]) + 1) % 100:02}{account}"
    assert redacted(f"{iban}, {wrong}", kinds=["iban"]) == f"[IBAN], {wrong}"


@pytest.mark.parametrize(
    ("kind", "short"), [("card", _with_check_digit("41111111111")), ("iban", _with_check_digits("NO", "8601111794"))]
)
def test_what_is_too_short_has_no_check_digits(kind: str, short: str) -> None:
    """Though it has them by chance, and the group behind it makes it long enough to be looked at."""
    text = f"{short} 9999"
    assert redacted(text, kinds=[kind]) == text


def test_what_ends_in_other_words_is_found() -> None:
    """The groups behind it, one or several, are no part of it."""
    card = _with_check_digit("4" + "0" * 11)
    assert redacted(f"{card} 1 2-3 and {card}-1", kinds=["card"]) == "[CARD] 1 2-3 and [CARD]-1"


def test_what_stands_together_is_found() -> None:
    """Each by itself, with nothing lost between them, and also at both ends of the text."""
    assert redacted("a@b.co,c@d.co;e@f.co", kinds=["email"]) == "[EMAIL],[EMAIL];[EMAIL]"
    assert redacted("aaa", kinds=[], patterns={"a": "a"}) == "[A][A][A]"
    assert redacted("bab", kinds=[], patterns={"a": "a?"}) == "b[A]b"


def test_only_some_kinds() -> None:
    """What is not asked for is left, in whatever order the kinds are named."""
    text = "a@b.co, 078-05-1120, 10.0.0.1"
    assert redacted(text, kinds=["ip", "email"]) == "[EMAIL], 078-05-1120, [IP]"
    assert redacted(text, kinds=[]) == text


def test_national_phone_numbers() -> None:
    """Numbers as a country writes them are found where it is named; those of several countries at once."""
    text = "0171 1234567 oder 020 7946 0958, Zimmer 12, 1990"
    assert redacted(text) == text
    assert redacted(text, regions=["DE", "GB"]) == "[PHONE] oder [PHONE], Zimmer 12, 1990"


def test_national_phone_numbers_far_down() -> None:
    """A long text is looked through to its end."""
    others = "12, " * 66_000  # the library by itself gives up after 65,535 numbers that are none
    assert redacted(others + "0171 1234567", kinds=[], regions=["DE"]) == others + "[PHONE]"


def test_patterns_of_one_s_own() -> None:
    """They come before the kinds, each under its name; one that matches nothing at all changes nothing."""
    patterns = {"order": r"\bA-\d+", "host": r"example\.com", "nothing": "x*"}
    assert redacted("order A-17, a@example.com", patterns=patterns) == "order [ORDER], a@[HOST]"


def test_replacement() -> None:
    """It is any text, with or without the name of the kind."""
    assert redacted(SECRET, replacement="***") == "write to ***"
    assert redacted(SECRET, replacement="<{kind}/>{}\\1") == "write to <EMAIL/>{}\\1"


def test_raw_answer_is_dropped(world: World, server: Server) -> None:
    """The server's own answer holds the text as it was; it stays where nothing was replaced."""
    server.will(Answer.of(200, {"text": SECRET}), Answer.of(200, {"text": "hello"}))
    client = world.client(base_url=server.url, plugins=[Redaction()])
    one, other = client.transcribe(WAV), client.transcribe(WAV)
    assert (one.text, one.response) == (TAKEN, None)
    assert other.response is not None


class Spy(MemoryCache):
    """A cache that remembers what it was given to keep."""

    name = "spy"

    def __init__(self) -> None:
        super().__init__()
        self.given: list[str] = []

    @hookimpl
    def cache_set(self, key: str, transcription: Transcription) -> None:
        self.given.append(str(transcription.to_dict()))
        super().cache_set(key, transcription)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)])
def test_no_cache_keeps_what_was_taken_out(world: World, server: Server, order: tuple[int, ...]) -> None:
    """The text is redacted before it is kept, whatever the order of the plugins."""
    server.will(Answer.of(200, {"text": SECRET}))
    spy = Spy()
    plugins = [Redaction(), spy, adding("later")]
    client = world.client(base_url=server.url, plugins=[plugins[place] for place in order])
    texts = [client.transcribe(WAV).text for _ in range(2)]
    assert texts == [f"{TAKEN} later"] * 2
    assert len(spy.given) == len(server.requests) == 1
    assert "ada" not in spy.given[0]


@pytest.mark.parametrize(
    "settings", [{"kinds": ["ip"]}, {"replacement": "x"}, {"regions": ["DE"]}, {"patterns": {"a": "b"}}]
)
def test_other_settings_do_not_find_what_was_kept(world: World, server: Server, settings: dict[str, Any]) -> None:
    """An answer that was kept under other settings, or without redaction, is not served."""
    cache = MemoryCache()
    for plugins in ([], [Redaction()], [Redaction(**settings)], [Redaction(**settings)]):
        world.client(base_url=server.url, plugins=plugins, cache=cache).transcribe(WAV)
    assert len(server.requests) == 3


@pytest.mark.parametrize(("length", "worker"), [(LONG - 1, False), (LONG, False), (LONG + 1, True)])
def test_long_texts_do_not_hold_up_the_loop(
    world: World, monkeypatch: pytest.MonkeyPatch, length: int, worker: bool
) -> None:
    """They are looked through in a worker thread in the async client."""
    assert LONG == 2_000
    threads: list[int] = []

    def noting(text: str, *_: object) -> str:
        threads.append(threading.get_ident())
        return text

    monkeypatch.setattr(redaction, "_replaced", noting)
    here = Small("here", prepare_request=lambda: threads.append(threading.get_ident()))
    world.client(plugins=[Redaction(kinds=["ip"]), here, answering("x" * length)]).transcribe(WAV)
    assert [thread == threads[0] for thread in threads] == [True, world.name == "sync" or not worker]


@pytest.mark.parametrize("unit", ["a", "a.", "a@", "a@b.", "1.", "f:", "(12) ", "+1", "A1 ", "DE89", "-", "hello, "])
def test_time_is_linear(unit: str) -> None:
    """A text of 1 MB takes seconds at most, also one made to be slow."""
    text = (unit * MEGABYTE)[:MEGABYTE] if len(unit) == 1 else unit * (MEGABYTE // len(unit))
    started = process_time()
    assert redacted(text, kinds=["email", "iban", "ip", "phone", "ssn"])
    assert process_time() - started < 15


@pytest.mark.parametrize("unit", ["1 ", "1-", "12-34 ", "DE89 "])
def test_check_digits_take_linear_time(unit: str) -> None:
    """Four times the text takes four times the time, where each place may be the start of a number."""

    def seconds(times: int) -> float:
        started = process_time()
        redacted(unit * times)
        return process_time() - started

    assert seconds(20_000) < 8 * seconds(5_000) + 0.1  # a quadratic one would take 16 times as long


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kinds": ["ip", "name", "age"]}, "no kind 'name' is known; there are email, iban, card, ssn, ip, phone"),
        ({"regions": ["Germany"]}, "no region 'Germany' is known"),
        ({"patterns": {"a": "("}}, r"'\(' is no regular expression: missing \)"),
    ],
)
def test_settings_that_cannot_work(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Redaction(**settings)


def test_settings_have_names() -> None:
    with pytest.raises(TypeError):
        Redaction(["ip"])  # type: ignore[misc]


def test_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only national phone numbers need a package; the error says which extra brings it."""
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    Redaction()
    with pytest.raises(ConfigurationError, match=r'install "openrouter-stt\[redaction\]"'):
        Redaction(regions=["DE"])
