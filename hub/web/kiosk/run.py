"""One guided measurement under way. All of it but the task stands in its address."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import request, url_for

from drivers.measurement import Kind
from hub.clock import Moment
from hub.web import addresses
from hub.web.parts import now
from hub.web.plan import Task

NOW = "now"  # in an address of ours, for the instant at which it is asked for
LONGEST = timedelta(hours=2)  # nobody sits there any more


@dataclass(frozen=True, slots=True)
class Run:
    """
    began_ms    on the clock that does not jump, in the boot `boot_id`
    went_on_ms  when the patient last said that a rest, a pause or some help was enough
    device      key of the one that is used, where there are several
    helped      the patient said that nothing comes
    anew        the one before was cut off
    onward      the page of ours that it came from
    settled     the address says all this already
    over        it was begun so long ago that it is no more
    """

    task: Task
    kind: Kind
    began_ms: int
    boot_id: str
    went_on_ms: int | None
    device: str | None
    helped: bool
    anew: bool
    onward: str | None
    settled: bool
    over: bool

    @property
    def goal(self) -> str:
        """Where it leads in the end."""
        return self.onward or "/"

    @property
    def here(self) -> str:
        return self.go()

    def go(self, **change: Any) -> str:
        """Its own address, or the one with a change."""
        return self.beside("begin" if self.task.id else "of_kind", **change)

    def beside(self, page: str, **change: Any) -> str:
        """A page about it."""
        named = {"task": self.task.id} if self.task.id else {"kind": self.kind}
        told = {
            "since": f"{self.began_ms}.{self.boot_id}",
            "on": self.went_on_ms,
            "device": self.device,
            "help": "1" if self.helped else None,
            "anew": "1" if self.anew else None,
            "next": self.onward,
        }
        return url_for(f"measure.{page}", **{**named, **told, **change})


def opened(task: Task, kind: Kind) -> Run:
    """As the address says; begun at this moment where it says nothing that still holds."""
    moment, told = now(), request.args
    began_ms = _instant(told.get("since", ""), moment)
    went_on_ms = moment.mono_ms if told.get("on") == NOW else told.get("on", None, int)
    if began_ms is None or not began_ms <= (went_on_ms or 0) <= moment.mono_ms:
        went_on_ms = None
    return Run(
        task=task,
        kind=kind,
        began_ms=moment.mono_ms if began_ms is None else began_ms,
        boot_id=moment.boot_id,
        went_on_ms=went_on_ms,
        device=told.get("device"),
        helped="help" in told,
        anew="anew" in told or (began_ms is None and "since" in told),
        onward=addresses.own(told.get("next")),
        settled=began_ms is not None and told.get("on") != NOW,
        over=began_ms is not None and timedelta(milliseconds=moment.mono_ms - began_ms) > LONGEST,
    )


def _instant(text: str, moment: Moment) -> int | None:
    """None for one of another boot, or one that has not come."""
    ms, _, boot_id = text.partition(".")
    if boot_id != moment.boot_id or not (ms.isascii() and ms.isdecimal()):
        return None
    return int(ms) if int(ms) <= moment.mono_ms else None
