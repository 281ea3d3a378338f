"""One guided measurement under way. All of it but the task stands in its address."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import request, url_for

from drivers.measurement import Kind
from hub.clock import Moment
from hub.web import addresses
from hub.web.measuring import Begun
from hub.web.parts import now
from hub.web.plan import Task

NOW = "now"  # in an address of ours, for the instant at which it is asked for
LONGEST = timedelta(hours=2)  # nobody sits there any more


@dataclass(frozen=True, slots=True)
class Run:
    """
    boot_id  of the clock that `begun` is on
    device   key of the one that is used, where there are several
    anew     the one before was cut off
    onward   the page of ours that it came from
    settled  the address says all this already
    over     it was begun so long ago that it is no more
    """

    task: Task
    kind: Kind
    begun: Begun
    boot_id: str
    device: str | None
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
            "since": f"{self.begun.began_ms}.{self.boot_id}",
            "on": self.begun.went_on_ms,
            "missed": self.begun.missed_ms,
            "device": self.device,
            "anew": "1" if self.anew else None,
            "next": self.onward,
        }
        return url_for(f"measure.{page}", **{**named, **told, **change})


def opened(task: Task, kind: Kind) -> Run:
    """As the address says; begun at this moment where it says nothing that still holds."""
    moment, told = now(), request.args
    since = _since(told.get("since", ""), moment)
    began_ms = moment.mono_ms if since is None else since
    age = timedelta(milliseconds=moment.mono_ms - began_ms)
    went_on_ms, missed_ms = (_tapped(told.get(name), began_ms, moment) for name in ("on", "missed"))
    return Run(
        task=task,
        kind=kind,
        begun=Begun(began_ms, went_on_ms, missed_ms),
        boot_id=moment.boot_id,
        device=told.get("device"),
        anew="anew" in told or (since is None and "since" in told),
        onward=addresses.own(told.get("next")),
        settled=since is not None and NOW not in (told.get("on"), told.get("missed")),
        over=age > LONGEST,
    )


def _since(text: str, moment: Moment) -> int | None:
    """None for an instant of another boot."""
    ms, _, boot_id = text.partition(".")
    return _past(ms, moment) if boot_id == moment.boot_id else None


def _tapped(text: str | None, began_ms: int, moment: Moment) -> int | None:
    ms = moment.mono_ms if text == NOW else _past(text or "", moment)
    return ms if ms is not None and ms >= began_ms else None


def _past(text: str, moment: Moment) -> int | None:
    """None also for what has not come yet, which no address of ours says."""
    ms = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None
    return ms if ms is not None and ms <= moment.mono_ms else None
