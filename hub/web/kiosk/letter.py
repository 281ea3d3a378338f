"""A nurse's message over as many pages as it needs; what can be done stands on the last one."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

from hub.web.kiosk import fitting
from hub.web.kiosk.fitting import BODY, BUTTON, GAP, HEADING, LETTER, WIDTH, Cells
from hub.web.kiosk.frame import emergency_line, notice

if TYPE_CHECKING:
    from hub.web.kiosk.messages import Message

ARRANGED = (Cells(1), Cells(2))


@dataclass(frozen=True, slots=True)
class Page:
    """`columns`: of the replies."""

    title: str
    at: str
    text: str
    columns: int = 1


def pages_of(message: "Message") -> list[Page]:
    room = fitting.room(emergency_line()) - fitting.told(notice())
    ends, columns = _deeds(message)
    title = HEADING.height(message.title, WIDTH) + GAP
    title += BODY.line + GAP if message.at else 0
    if title + LETTER.height(message.text, WIDTH) + GAP + ends <= room:
        return [Page(message.title, message.at, message.text, columns)]
    again = HEADING.shortened(message.title, WIDTH, 1)
    below = room - HEADING.line - 2 * GAP
    heights = _heights(room - title - GAP - BUTTON, below - BUTTON)
    first, *rest = LETTER.divided(message.text, WIDTH, heights)
    if not rest or LETTER.height(rest[-1], WIDTH) + ends > below:
        rest.append("")
    return [
        Page(message.title, message.at, first),
        *(Page(again, "", text, columns) for text in rest),
    ]


def _heights(first: float, then: float) -> Iterator[float]:
    yield first
    yield from repeat(then)


def _deeds(message: "Message") -> tuple[float, int]:
    """How high the buttons of the last page are, and the columns of the replies."""
    buttons = (message.form is not None) + (message.measure is not None)
    height = buttons * (BUTTON + GAP)
    if message.waits_for_reply:
        cells = min(ARRANGED, key=lambda cells: cells.height(message.replies))
        few = len(message.replies) <= 2 and ARRANGED[0].height(message.replies) <= 2 * BUTTON + GAP
        cells = ARRANGED[0] if few else cells
        return height + cells.height(message.replies), cells.columns
    if message.reply is not None:
        return height + 4 * BODY.line + 2 * GAP, 1
    return height + (BODY.line if message.read else BUTTON), 1
