"""The hostile server in a process of its own: prints its port, serves until its standard input ends, keeps nothing."""

from __future__ import annotations

import sys

from tests.faults.hostile import Behaviour, Hostile, Line, answers, response
from tests.faults.table import FAULTS, Fault

LEFT_OUT = (
    *("once",),  # not the same for each request
    *("Retry-After", "in flight", "with a time"),  # they ask for seconds
    *("with a body that drips",),  # it comes to its end where there is more time than in the table
)
MIXED = [fault for fault in FAULTS if not any(words in fault.name for words in LEFT_OUT)]


async def echo(line: Line) -> None:
    """Answer with the language that is asked for, which tells one call from another."""
    await line.body()
    language = bytes(line.request.body).split(b'"language":"')[1].split(b'"')[0]
    await answers(response(200, b'{"text": "%s"}' % language))(line)


def forgetting(behave: Behaviour) -> Behaviour:
    """Behave like that, and forget the request."""

    async def behaves(line: Line) -> None:
        try:
            await behave(line)
        finally:
            if line.request in line.case.requests:
                line.case.requests.remove(line.request)

    return behaves


def paths() -> dict[str, Fault | None]:
    """Return the path of each behaviour; None stands for the echo."""
    return {str(number): fault for number, fault in enumerate([None, *MIXED])}


def main() -> None:
    hostile = Hostile()
    for behave in [echo, *(fault.behave for fault in MIXED)]:
        hostile.case(forgetting(behave))
    with hostile.running():
        print(hostile.port, flush=True)  # noqa: T201  read by the parent
        sys.stdin.read()


if __name__ == "__main__":
    main()
