"""When the patient is left in peace: what the desired `config` document says (contract §7).

    servicePaused  a holiday, the hospital: nothing is due, nothing rings, nothing counts as missed
    quietHours     nothing rings; what came due in them rings when they end

Pure, so that the hub keeps to it and the pages can say so.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct, field

from hub.schedule import instant

Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Reason = Annotated[str, Meta(max_length=200)]


class Pause(Struct, frozen=True):
    """From the one day to the other, both included; no last day: until further notice."""

    first: date = field(name="from")
    last: date | None = field(name="to", default=None)
    reason: Reason = ""

    def __post_init__(self) -> None:
        if self.last is not None and self.last < self.first:
            raise ValueError("`to` is before `from`")

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


class QuietHours(Struct, frozen=True):
    """Over midnight where `to` is the earlier one. From a time to the same time: never quiet."""

    begin: Clock = field(name="from", default="22:00")
    end: Clock = field(name="to", default="07:00")

    def hold(self, at: time) -> bool:
        begin, end = time.fromisoformat(self.begin), time.fromisoformat(self.end)
        return begin <= at < end if begin <= end else at >= begin or at < end

    def over_at(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The first instant from `moment` on that is not quiet."""
        local = moment.astimezone(zone)
        if not self.hold(local.time()):
            return moment
        end = time.fromisoformat(self.end)
        day = local.date() if local.time() < end else local.date() + timedelta(days=1)
        return max(moment.astimezone(UTC), instant(day, end, zone))


class Config(Struct, frozen=True, rename="camel"):
    """`dho.config/1.x`, as far as this version knows it."""

    service_paused: Pause | None = None
    quiet_hours: QuietHours | None = None

    def pause_on(self, day: date) -> Pause | None:
        """The pause that holds on this local day."""
        pause = self.service_paused
        return pause if pause is not None and pause.holds(day) else None

    def quiet(self) -> QuietHours:
        return self.quiet_hours or QuietHours()


def config_of(document: dict[str, Any] | None) -> Config:
    """What the document in force says. One that an earlier version kept unread may say nothing."""
    try:
        return msgspec.convert(document or {}, Config)
    except msgspec.ValidationError:
        return Config()
