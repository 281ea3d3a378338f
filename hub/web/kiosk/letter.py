"""A nurse's message over as many pages as it needs; what can be done stands on the last one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.web.kiosk import fitting
from hub.web.kiosk.fitting import ARRANGED, BODY, BUTTON, GAP, HEADING, LETTER, WIDTH, Cells
from hub.web.kiosk.frame import emergency_line, notice

if TYPE_CHECKING:
    from hub.web.kiosk.messages import Message

TITLE_LINES = 3


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
    title, text = _titled(message)
    head = HEADING.height(title, WIDTH) + GAP + (BODY.line + GAP if message.at else 0)
    left = room - head - LETTER.height(text, WIDTH) - GAP
    ends, cells = _deeds(message, left)
    if ends <= left:
        return [Page(title, message.at, text, cells.columns, cells.is_small)]
    again = HEADING.shortened(title, WIDTH, 1)
    below = room - HEADING.line - 2 * GAP
    heights = fitting.heights(room - head - GAP - BUTTON, below - BUTTON)
    first, *rest = LETTER.divided(text, WIDTH, heights)
    ends, cells = _deeds(message, below)
    if not rest or LETTER.height(rest[-1], WIDTH) + ends > below:
        rest.append("")
    return [
        Page(title, message.at, first),
        *(Page(again, "", text, cells.columns, cells.is_small) for text in rest),
    ]


def _titled(message: "Message") -> tuple[str, str]:
    """A title that would fill the page is read with the text."""
    if len(HEADING.lines(message.title, WIDTH)) <= TITLE_LINES:
        return message.title, message.text
    title = HEADING.shortened(message.title, WIDTH, TITLE_LINES)
    return title, f"{message.title}\n\n{message.text}"


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
