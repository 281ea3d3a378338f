"""What goes on in the home until the power goes: somebody steps on the scale again and again,
somebody answers check-ins, the nurses change the plan. Whatever is told as saved is said.
"""

import os
import re
import time
import tty
from collections.abc import Callable
from threading import Event, Thread
from urllib.parse import unquote, urljoin, urlsplit

import msgspec

from drivers.measurement import Quantity
from hub.demo import documents
from hub.demo.central import Central
from hub.demo.visitor import Form, Page, VisitError, Visitor, check_in
from hub.store.readings import LedgerReader
from tests.bed.power.home import HUB_ID, KIOSK, PATIENT, SCALE, TENANT
from tests.bed.power.said import ANSWER, CHECK_IN, PLAN, READING, Said

STEP_S = 0.02
LOOK_S = 0.005
PLAN_S = 0.3
NEWEST = 50  # more than come between two looks
PLAN_NAME = "cp-bed"
FORM = re.compile("/check-in/[0-9a-f]+/")


class Taking:
    """
    boot   each weight and each version of the plan is another one, in all boots of a card
    scale  from `plug_in_scale`
    """

    def __init__(
        self, boot: int, scale: int, ledger: LedgerReader, central: Central | None
    ) -> None:
        self._boot = boot
        self._scale = scale
        self._ledger = ledger
        self._central = central
        self._say = Said()
        self._ended = Event()
        self._shown = set(weights(ledger, NEWEST))

    def begin(self) -> None:
        """It goes on for ever. Returns when a first new reading was shown."""
        first = self._at_once(self._step_on, self._answer, self._change_plan)
        while not self._look():
            time.sleep(LOOK_S)
        self._threads = [*first, *self._at_once(self._watch)]

    def end(self) -> None:
        """Nobody does anything new."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _at_once(self, *doings: Callable[[], None]) -> list[Thread]:
        threads = [Thread(target=each, daemon=True) for each in doings]
        for thread in threads:
            thread.start()
        return threads

    def _step_on(self) -> None:
        for count in range(100_000):
            weight = f"80.{self._boot:03}{count:05}"
            # Waits while the hub does not read.
            os.write(self._scale, f"ST,+{weight} kg\r\nST,+0.0 kg\r\n".encode())
            if self._ended.wait(STEP_S):
                return

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_S):
            self._look()

    def _look(self) -> bool:
        """Whether the pages would show something new."""
        new = [weight for weight in weights(self._ledger, NEWEST) if weight not in self._shown]
        for weight in new:
            self._say(READING, weight)
        self._shown.update(new)
        return bool(new)

    def _answer(self) -> None:
        patient = Patient(self._say)
        while not self._ended.is_set():
            try:
                check_in(patient, _again(patient))
            except VisitError:  # there are no questions yet
                time.sleep(PLAN_S)

    def _change_plan(self) -> None:
        if self._central is None:
            return
        plan = msgspec.json.decode(documents.plan(*PATIENT))
        wanted = 0
        while not self._ended.is_set():
            wanted += 1
            plan["identifier"]["value"] = f"{PLAN_NAME}/{self._boot}.{wanted}"
            self._central.desire(TENANT, HUB_ID, "plan", msgspec.json.encode(plan))
            time.sleep(PLAN_S)
            reported = self._central.states.get((HUB_ID, "reported/plan")) or {}
            if version := reported.get("version"):
                self._say(PLAN, version)


def plug_in_scale() -> int:
    """Before the hub starts, which looks for its port every two seconds → the scale's end."""
    scale, port = os.openpty()
    tty.setraw(port)
    SCALE.symlink_to(os.ttyname(port))
    return scale


class Patient(Visitor):
    """Says what the kiosk has answered with a redirect."""

    def __init__(self, say: Said) -> None:
        super().__init__(KIOSK)
        self._say = say

    def press(self, page: Page, form: Form, button: tuple[str, str] | None = None) -> Page:
        after = super().press(page, form, button)
        path = unquote(urlsplit(urljoin(page.address, form.action)).path)
        if after.path != path:
            match path.split("/", 5)[3:]:  # of /check-in/FORM/ID/question/LINK, or …/ID/send
                case [check_in, "question", link_id]:
                    self._say(ANSWER, f"{check_in}/{link_id}")
                case [check_in, "send"]:
                    self._say(CHECK_IN, check_in)
        return after


def _again(visitor: Visitor) -> str:
    """Once more today: where that check-in begins. VisitError while there are no questions."""
    page = visitor.get("/check-in")
    found = FORM.search(page.path) or FORM.search(page.text)
    if found is None:
        raise VisitError(f"{page.address}: nothing to answer")
    return f"{found[0]}new"


def weights(ledger: LedgerReader, limit: int) -> list[str]:
    """The newest, oldest first."""
    return [
        str(reading.kept.measurement.values[Quantity.BODY_WEIGHT].number)
        for reading in reversed(ledger.readings(limit))
    ]
