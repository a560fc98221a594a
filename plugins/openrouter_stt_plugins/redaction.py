"""Take e-mail addresses, numbers of phones, cards and accounts and the like out of transcripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from ipaddress import ip_address
from types import MappingProxyType
from typing import Final

from openrouter_stt import Call, ConfigurationError, HookSpecs, Transcription, hookimpl

LONG: Final = 2_000  # characters; more than that is worth a thread

_ONCE: Final = bytes.maketrans(b"0123456789", bytes(range(10)))
_TWICE: Final = bytes([0, 2, 4, 6, 8, 1, 3, 5, 7, 9, *range(10, 256)])  # twice a digit, and the digits of that added

Spans = Iterator[tuple[int, int]]  # starts and ends, in order
Check = Callable[[str], bool]


def _passes_luhn(found: str) -> bool:
    """Check the digits of a card (ISO/IEC 7812-1)."""
    digits = found.encode().translate(_ONCE, b" -")
    total = sum(digits[-1::-2]) + sum(digits[-2::-2].translate(_TWICE))
    return len(digits) >= 13 and total > 0 and total % 10 == 0


def _passes_mod_97(found: str) -> bool:
    """Check the digits of an account (ISO 13616)."""
    compact = found.replace(" ", "").replace("-", "")
    return len(compact) >= 15 and int("".join(str(int(each, 36)) for each in compact[4:] + compact[:4])) % 97 == 1


def _is_address(found: str) -> bool:
    try:
        return ("." in found or ":" in found) and bool(ip_address(found))
    except ValueError:
        return False


# Looked for in this order, each in what the one before left. From no place can a pattern go on in more than a bounded
# number of ways, and long runs are entered at their start alone: the time is linear in the text's length.
_PATTERNS: Final[Mapping[str, tuple[str, Check]]] = MappingProxyType({
    "email": (r"(?<![\w.+%-])[\w.+%-]++@(?:[\w-]++\.)+[^\W\d_]{2,}+", bool),
    "iban": (r"(?<![^\W_])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![^\W_])", _passes_mod_97),
    "card": (r"(?<!\d)[0-9](?:[ -]?[0-9]){12,18}(?!\d)", _passes_luhn),
    "ssn": (r"(?<!\d)(?<!\d-)(?!000|666|9)[0-9]{3}([ -])(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?!-?\d)", bool),
    "ip": (r"(?<![\w.:])[0-9A-Fa-f.:]{1,44}(?:[0-9A-Fa-f]|::)(?!\w)", _is_address),
    "phone": (
        r"(?<![\w+])(?:\+[0-9](?:[ ().-]{0,3}[0-9]){6,14}"
        r"|(?:1[ .-])?(?:\([0-9]{3}\) ?|[0-9]{3}[ .-])[0-9]{3}[ .-][0-9]{4})(?!\d)",
        bool,
    ),
})  # fmt: skip
KINDS: Final = tuple(_PATTERNS)


def _is_long(_: Call, transcription: Transcription) -> bool:
    return len(transcription.text) > LONG


class Redaction(HookSpecs):
    """Replaces personal data in the text, before a cache or the caller sees it.

    Args:
        kinds: What to look for, some of `KINDS`: "email"; "iban" and "card", whose check digits are right; "ssn", the
            social security number of the United States; "ip", of version 4 or 6; "phone", +44 ... or North American.
        regions: Countries ("GB", "DE") whose national phone numbers are found too, by their numbering plans.
        patterns: Names and regular expressions to look for before all else; their speed is the caller's matter.
        replacement: What is put in place; {kind} stands for the kind or name in capitals.

    Raises:
        ConfigurationError: For an unknown kind or region, a wrong expression, and regions without phonenumbers.
    """

    name = "redaction"

    def __init__(
        self,
        *,
        kinds: Collection[str] = KINDS,
        regions: Collection[str] = (),
        patterns: Mapping[str, str] = MappingProxyType({}),
        replacement: str = "[{kind}]",
    ) -> None:
        if unknown := [kind for kind in kinds if kind not in KINDS]:
            raise ConfigurationError(f"no kind {unknown[0]!r} is known; there are {', '.join(KINDS)}")
        finders = [(name, _finder(pattern, bool)) for name, pattern in patterns.items()]
        finders += [(kind, _finder(*_PATTERNS[kind])) for kind in KINDS if kind in kinds]
        finders += [("phone", _phone_finder(region)) for region in regions]
        self._finders = [(replacement.replace("{kind}", name.upper()), find) for name, find in finders]
        self.fingerprint: str = repr([[*patterns.items()], sorted(kinds), [*regions], replacement])

    @hookimpl(blocking=_is_long)
    def finish(self, call: Call, transcription: Transcription) -> Transcription:
        text = transcription.text
        for put, find in self._finders:
            text = _replaced(text, find(text), put)
        return transcription.replace(text=text)


def _replaced(text: str, spans: Spans, put: str) -> str:
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], put]
        at = end
    return "".join([*parts, text[at:]])


def _finder(pattern: str, check: Check) -> Callable[[str], Spans]:
    try:
        return partial(_matches, re.compile(pattern), check)
    except re.error as error:
        raise ConfigurationError(f"{pattern!r} is no regular expression: {error}") from None


def _matches(pattern: re.Pattern[str], check: Check, text: str) -> Spans:
    at = 0
    while at <= len(text) and (found := pattern.search(text, at)):
        start = at = found.start()
        end = next((end for end in _ends(found) if check(text[start:end])), None)
        if end is not None:
            yield start, end
        at = end or start + 1


def _ends(found: re.Match[str]) -> Iterator[int]:
    """Yield where a match ends, then where it would without its last group, two groups ...: they may be other words."""
    yield found.end()
    yield from (at for at in range(found.end() - 1, found.start(), -1) if found.string[at] in " -")


def _phone_finder(region: str) -> Callable[[str], Spans]:
    try:
        import phonenumbers
    except ImportError:
        raise ConfigurationError('regions need phonenumbers: install "openrouter-stt[redaction]"') from None
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise ConfigurationError(f"no region {region!r} is known; write it as ISO 3166 does, such as 'GB'")

    def find(text: str) -> Spans:
        for match in phonenumbers.PhoneNumberMatcher(text, region, max_tries=len(text)):
            yield match.start, match.end

    return find
