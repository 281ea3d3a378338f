"""The log, which may leave the house: no values, no names, no codes.

What our own lines say is chosen with care; an exception's words are not ours, and may quote what it
stumbled over. So of an exception only its kind is told, and where it arose.
"""

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType

FORMAT = "%(levelname)s %(name)s: %(message)s"  # the journal adds the time

Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Discreet(logging.Formatter):
    def formatException(self, ei: Raised) -> str:
        return "".join(_told(ei[1])).rstrip() if ei[1] is not None else ""


def start(*, verbose: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(Discreet(FORMAT))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler])


def _told(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _told(before)
        yield "and so:\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__qualname__}\n"
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _told(one)
