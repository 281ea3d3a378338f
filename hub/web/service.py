"""Who follows the patient, and when: the HealthcareService of the plan (FHIR R4), as it is written.

What cannot be read is left out: a plan must not be lost for a telephone number.
"""

from collections.abc import Iterator
from datetime import time

from msgspec import Struct

from hub.schedule import WEEKDAYS, Period


class ContactPoint(Struct, frozen=True):
    system: str = ""
    value: str = ""


class Available(Struct, frozen=True, rename="camel"):
    """Days of the week without any are all of them."""

    days_of_week: list[str] = []
    all_day: bool = False
    available_start_time: str = ""
    available_end_time: str = ""

    @property
    def span(self) -> "Span | None":
        if self.all_day:
            return MIDNIGHT, MIDNIGHT
        start, end = _time(self.available_start_time), _time(self.available_end_time)
        return None if start is None or end is None else (start, end)


class NotAvailable(Struct, frozen=True):
    description: str = ""
    during: Period | None = None


class Service(Struct, frozen=True, rename="camel"):
    name: str = ""
    telecom: list[ContactPoint] = []
    available_time: list[Available] = []
    not_available: list[NotAvailable] = []

    @property
    def phone(self) -> str:
        return next((one.value for one in self.telecom if one.system == "phone"), "")

    def week(self) -> "list[tuple[Span, ...]]":
        """Monday to Sunday, each in the order of the clock."""
        days: list[set[Span]] = [set() for _ in WEEKDAYS]
        for day, span in self._spans():
            days[day].add(span)
        return [tuple(sorted(spans)) for spans in days]

    def _spans(self) -> "Iterator[tuple[int, Span]]":
        for available in self.available_time:
            span = available.span
            for day in available.days_of_week or WEEKDAYS:
                if span is not None and day in WEEKDAYS:
                    yield WEEKDAYS.index(day), span


Span = tuple[time, time]
"""From, to; where "to" is not later, it is on the next day."""

MIDNIGHT = time(0)


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(tzinfo=None, microsecond=0)
    except ValueError:
        return None
