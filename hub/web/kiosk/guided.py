"""What the page of a guided measurement shows, phase by phase."""

import hashlib
from dataclasses import dataclass, field

import msgspec

from drivers.measurement import Kind
from hub.clock import Moment
from hub.records import Kit
from hub.web import guidance, instructions, measuring, tasks, wording
from hub.web.guidance import Chosen, Help
from hub.web.kiosk import status
from hub.web.kiosk.frame import notice
from hub.web.kiosk.run import Run
from hub.web.language import gettext
from hub.web.measuring import MINUTE_S, Phase, Standing
from hub.web.ownership import may_be_said
from hub.web.parts import books, now, parts
from hub.web.showing import Shown, StepShown, show

DONE_IDLE_S = 180
IDLE_S = 900  # the screen is for others too, when nobody measures after all


@dataclass(frozen=True, slots=True)
class View:
    """
    page     its template: a phase; `choose` or `none` where it is not clear with which device
    title    the one thing to do, or to know
    left     how long a rest or a pause still is, in words
    taken    the readings so far, oldest first; of those in `open` "not me" can still be said
    trouble  why nothing can come, as far as the hub knows
    notice   what every page tells
    """

    page: str
    title: str
    taken: tuple[Shown, ...]
    chosen: Chosen | None = None
    devices: tuple[Chosen, ...] = ()
    steps: tuple[str, ...] = ()
    help: tuple[Help, ...] = ()
    left: str = ""
    left_s: int = 0
    open: tuple[str, ...] = ()
    ask: Shown | None = None
    trouble: str | None = None
    notice: str | None = field(default_factory=notice)
    phone: str = ""

    @property
    def version(self) -> str:
        """Without the seconds of the last minute, which count down on the page itself."""
        left = self.left if self.left_s > MINUTE_S else ""
        told = (self.page, self.title, self.taken, left, self.open, self.ask)
        text = repr((*told, self.trouble, self.notice))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def progress(self) -> tuple[StepShown, ...]:
        """A step is reached when all readings have reached it."""
        together = zip(*(one.steps for one in reversed(self.taken)), strict=True)
        return tuple(min(step, key=lambda one: one.at is not None) for step in together)

    @property
    def refresh_s(self) -> int:
        """Where no script looks."""
        return 10 if self.left_s else 2

    @property
    def idle_s(self) -> int:
        return DONE_IDLE_S if self.page == Phase.DONE else self.left_s + IDLE_S


def view(run: Run) -> View:
    moment = now()
    at = measuring.standing(books(), run.task, run.begun, moment)
    taken = tuple(show(one, moment.wall) for one in at.taken)
    match at.phase:
        case Phase.ASK if at.ask is not None:
            asked = show(at.ask, moment.wall)
            return View(Phase.ASK, gettext("Var dette deg?"), (), ask=asked)
        case Phase.DONE:
            still = [one.kept.id for one in at.taken if may_be_said(books(), one.kept, moment)]
            return View(Phase.DONE, taken[-1].title, taken, open=tuple(still))
        case Phase.PAUSE:
            words = measuring.left_in_words(at.left_s)
            title = wait_a_while(run.task.apart_s)
            return View(Phase.PAUSE, title, taken, left=words, left_s=at.left_s)
        case _:
            return with_a_device(run, at, taken, moment)


def wait_a_while(seconds: int) -> str:
    minutes = max(1, -(-seconds // MINUTE_S))
    if minutes == 1:
        return gettext("Vent ett minutt. Så måler du en gang til.")
    return gettext("Vent %(minutes)s minutter. Så måler du en gang til.") % {"minutes": minutes}


def with_a_device(run: Run, at: Standing, taken: tuple[Shown, ...], moment: Moment) -> View:
    phone = parts().settings.web.support_phone
    devices = devices_for(run.kind)
    if not devices:
        words = gettext("Boksen kjenner ikke %(device)s ennå.") % {
            "device": wording.device(run.kind)
        }
        return View("none", words, taken, phone=phone)
    chosen = next((one for one in devices if one.key == run.device), devices[0])
    if len(devices) > 1 and chosen.key != run.device:
        return View("choose", gettext("Hvilket apparat bruker du?"), taken, devices=tuple(devices))
    known = trouble(chosen, moment, phone)
    if at.phase is Phase.REST:
        return View(
            Phase.REST,
            gettext("Sitt rolig."),
            taken,
            chosen=chosen,
            steps=tuple(guidance.while_resting(chosen)),
            left=measuring.left_in_words(at.left_s),
            left_s=at.left_s,
            trouble=known,
        )
    receiving = status.receiving(books())
    if receiving is None and at.phase is Phase.NOTHING:
        return View(
            Phase.NOTHING,
            gettext("Kommer det ingenting?"),
            taken,
            chosen=chosen,
            help=tuple(guidance.nothing_comes(chosen, phone)),
            trouble=known,
        )
    rested = bool(taken or run.task.rest_s)
    again = gettext("Mål en gang til. Jeg venter.") if taken else None
    return View(
        Phase.WAIT,
        receiving or again or guidance.now(run.kind, chosen),
        taken,
        chosen=chosen,
        steps=tuple(instructions.measuring(chosen.shape, chosen.model, rested=rested)),
        trouble=known,
    )


def devices_for(kind: Kind) -> list[Chosen]:
    """That have joined; else the one that will when it is heard."""
    documents = books().documents
    joined = documents.devices()
    if found := guidance.for_kind(joined, kind):
        return found
    kit = msgspec.convert(documents.get("kit") or {}, Kit)
    lent = guidance.lent_for(kit, joined, kind)
    return [lent] if lent else []


def trouble(chosen: Chosen, moment: Moment, phone: str) -> str | None:
    """What the hub knows of why nothing comes, and what helps."""
    if (words := status.obstacle(books(), moment, phone)) is not None:
        return words
    task = tasks.of_device(books(), chosen.device) if chosen.device else None
    if task is None:
        return None
    return status.with_phone(task.words, phone) if task.call else task.words
