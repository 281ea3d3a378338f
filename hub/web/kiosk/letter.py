"""A nurse's message over as many pages as it needs; what can be done stands on the last one."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

from hub.web.kiosk import fitting
from hub.web.kiosk.fitting import ARRANGED, BODY, BUTTON, GAP, HEADING, LETTER, WIDTH, Cells
from hub.web.kiosk.frame import emergency_line, notice

if TYPE_CHECKING:
    from hub.web.kiosk.messages import Message


@dataclass(frozen=True, slots=True)
class Page:
    """`columns` and `small`: of the replies."""

    title: str
    at: str
    text: str
    columns: int = 1
    small: bool = False


def pages_of(message: "Message") -> list[Page]:
    room = fitting.room(emergency_line()) - fitting.told(notice())
    title = HEADING.height(message.title, WIDTH) + GAP
    title += BODY.line + GAP if message.at else 0
    left = room - title - LETTER.height(message.text, WIDTH) - GAP
    ends, cells = _deeds(message, left)
    if ends <= left:
        return [Page(message.title, message.at, message.text, cells.columns, cells.is_small)]
    again = HEADING.shortened(message.title, WIDTH, 1)
    below = room - HEADING.line - 2 * GAP
    heights = _heights(room - title - GAP - BUTTON, below - BUTTON)
    first, *rest = LETTER.divided(message.text, WIDTH, heights)
    ends, cells = _deeds(message, below)
    if not rest or LETTER.height(rest[-1], WIDTH) + ends > below:
        rest.append("")
    return [
        Page(message.title, message.at, first),
        *(Page(again, "", text, cells.columns, cells.is_small) for text in rest),
    ]


def _heights(first: float, then: float) -> Iterator[float]:
    yield first
    yield from repeat(then)


def _deeds(message: "Message", room: float) -> tuple[float, Cells]:
    """How high the buttons of the last page are, and how the replies are arranged."""
    buttons = (message.form is not None) + (message.measure is not None)
    height = buttons * (BUTTON + GAP)
    if message.waits_for_reply:
        found = [(height + cells.height(message.replies), cells) for cells in ARRANGED]
        return next((one for one in found if one[0] <= room), found[-1])
    if message.reply is not None:
        said = LETTER.height(f"{fitting.ICON} {message.reply}", WIDTH - 200)
        return height + said + BODY.height(message.on_way, WIDTH), ARRANGED[0]
    return height + (BODY.line if message.read else BUTTON), ARRANGED[0]
