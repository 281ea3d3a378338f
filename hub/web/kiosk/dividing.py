"""One question over as many pages as it needs: a long text first, then the answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hub.questionnaire import Question
from hub.web.kiosk import fitting
from hub.web.kiosk.fitting import (
    ARRANGED,
    BODY,
    BUTTON,
    GAP,
    HEADING,
    NOTICE,
    WIDTH,
    Cells,
)
from hub.web.kiosk.offered import Button, control, scale
from hub.web.language import gettext, marked

APART = 20  # text and answers below each other
LINE = 8  # between the lines of the text
KEYPAD, CALENDAR = 284 + 24, 296 + 24
TYPED, TYPED_DATE = 84, 87
A_ROW = 6  # buttons of a scale
EMPTY = marked("Du kan la det stå tomt.")
FEW = 3  # answers on a page, where there are more
LISTS = {"choices": ARRANGED, "many": [replace(cells, beside=102) for cells in ARRANGED]}


@dataclass(frozen=True, slots=True)
class Head:
    """The texts above or beside the answers."""

    text: str
    groups: str = ""
    notes: tuple[str, ...] = ()
    notice: str = ""
    wrong: str = ""

    def height(self, width: float) -> float:
        found = [HEADING.height(self.text, width)]
        found += [BODY.height(text, width) for text in (self.groups, *self.notes) if text]
        if self.notice:
            found.append(NOTICE.height(self.notice, width - 29) + 8)
        if self.wrong:
            found.append(BODY.height(self.wrong, width - 30) + 16)
        return sum(found) + LINE * (len(found) - 1)

    def short(self, width: float, room: float) -> "Head":
        """For a page after those that showed it whole."""
        bare = replace(self, text="", groups="", notes=())
        lines = int((room - bare.height(width) + HEADING.line) // HEADING.line)
        return replace(bare, text=HEADING.shortened(self.text, width, max(1, lines)))


@dataclass(frozen=True, slots=True)
class Part:
    """One page of a question.

    answers   the template that asks it; "read" where there is only text, and more follows
    small     the buttons bear small letters, so that more of them fit
    has_hint  there is room to say that it may stay empty
    """

    head: Head
    answers: str
    buttons: Sequence[Button] = ()
    columns: int = 1
    small: bool = False
    has_hint: bool = False

    @property
    def asks(self) -> bool:
        return self.answers != "read"


def parts(question: Question, head: Head, buttons: list[Button], emergency: str) -> list[Part]:
    room = fitting.room(emergency)
    if control(question) in LISTS:
        return _listed(question, head, buttons, room)
    width, left = _beside(question, room)
    if head.height(width) <= left:
        hint = BODY.height(gettext(EMPTY), width) + LINE
        has_hint = not question.required and head.height(width) + hint <= left
        return [Part(head, control(question), buttons, has_hint=has_hint)]
    texts = _read(head, room)
    if question.type == "display":
        return [*texts[:-1], replace(texts[-1], answers="display")]
    return [*texts, Part(head.short(width, left), control(question), buttons)]


def _beside(question: Question, room: float) -> tuple[float, float]:
    """The width and the height that the answers leave for the text."""
    match control(question):
        case "keypad":
            width, taken = WIDTH - KEYPAD, TYPED + BUTTON + 2 * LINE
            return width, room - taken - (BUTTON + LINE if sign_apart(question) else 0)
        case "date":
            return WIDTH - CALENDAR, room - TYPED_DATE - BUTTON - 2 * LINE
        case "scale":
            rows = -(-(len(scale(question)) + (not question.required)) // A_ROW)
            return WIDTH, room - APART - rows * (BUTTON + GAP) + GAP
        case "words":
            return WIDTH, room - APART - 2 * BUTTON - GAP
        case _:
            return WIDTH, room - APART - BUTTON


def sign_apart(question: Question) -> bool:
    """Where the comma has the keypad's last cell, the sign stands beside it."""
    below = question.minimum is not None and question.minimum < 0
    return below and question.type == "decimal"


def _read(head: Head, room: float) -> list[Part]:
    """The whole text, over pages with one button."""
    room -= APART + BUTTON
    around = replace(head, text="", notes=(), wrong="")
    first = room - around.height(WIDTH) + HEADING.line
    texts = HEADING.divided(head.text, WIDTH, fitting.heights(first, room))
    pages = [replace(around, text=text) for text in texts]
    pages[1:] = [replace(page, groups="", notice="") for page in pages[1:]]
    for note in head.notes:
        again = Head(HEADING.shortened(head.text, WIDTH, 1))
        below = room - again.height(WIDTH) - LINE
        for text in BODY.divided(note, WIDTH, fitting.heights(below, below)):
            longer = replace(pages[-1], notes=(*pages[-1].notes, text))
            fits = longer.height(WIDTH) <= room
            pages[-1:] = [longer] if fits else [pages[-1], replace(again, notes=(text,))]
    return [Part(page, "read") for page in pages]


def _listed(question: Question, head: Head, buttons: list[Button], room: float) -> list[Part]:
    whole = _List(question, buttons, room - APART - head.height(WIDTH)).best()
    if whole.fits and (len(whole.pages) == 1 or whole.fewest >= FEW):
        return whole.parts(head)
    short = head.short(WIDTH, 2 * HEADING.line)
    apart = _List(question, buttons, room - APART - short.height(WIDTH)).best()
    if whole.fits and len(whole.pages) <= len(apart.pages):
        return whole.parts(head)
    return [*_read(head, room), *apart.parts(short)]


@dataclass(frozen=True, slots=True)
class _Arranged:
    answers: str
    cells: Cells
    pages: list[list[Button]]
    fits: bool

    @property
    def fewest(self) -> int:
        return min(len(page) for page in self.pages[:-1] or self.pages)

    def parts(self, head: Head) -> list[Part]:
        columns, small = self.cells.columns, self.cells.is_small
        return [Part(head, self.answers, page, columns, small) for page in self.pages]


@dataclass(frozen=True, slots=True)
class _List:
    """Answers below and beside each other, in `room` px."""

    question: Question
    buttons: list[Button]
    room: float

    def best(self) -> _Arranged:
        found = [self._arranged(cells) for cells in LISTS[control(self.question)]]
        return min(found, key=lambda one: (not one.fits, len(one.pages)))

    def _arranged(self, cells: Cells) -> _Arranged:
        pages, fits = [self.buttons], self._holds(cells, self.buttons, more=False)
        if not fits:
            pages = list(self._pages(cells))
            fits = all(self._holds(cells, page, more=True) for page in pages)
        return _Arranged(control(self.question), cells, pages, fits)

    def _pages(self, cells: Cells) -> Iterator[list[Button]]:
        page: list[Button] = []
        for button in self.buttons:
            if page and not self._holds(cells, [*page, button], more=True):
                yield page
                page = []
            page.append(button)
        yield page

    def _holds(self, cells: Cells, page: Sequence[Button], *, more: bool) -> bool:
        """With what ends the page: "more", "skip", "done" are a row or cells of their own."""
        many = control(self.question) == "many"
        texts = [(fitting.ICON if one.chosen and not many else "") + one.text for one in page]
        if many or (more and cells.columns == 1):
            return cells.height(texts) + GAP + BUTTON <= self.room
        texts += [gettext("Flere svar")] if more else []
        texts += [] if self.question.required else [gettext("Hopp over")]
        return cells.height(texts) <= self.room
