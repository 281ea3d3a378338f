"""From the books to the bytes that leave: what `hub.uplink` composes, with this hub's own facts.

A row whose time is not known yet waits for the clock while this boot may still learn it.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from drivers.contract import RadioDriver
from drivers.registry import by_id
from hub import VERSION
from hub.clock import Moment, Now
from hub.records import Device, Due, Entry, Kept, OutboxKind, Source
from hub.settings import Settings
from hub.store.ledger import Ledger
from hub.uplink.alerts import AlertCode, Severity, alert
from hub.uplink.answers import questionnaire_response, response_name, taken_back
from hub.uplink.fhir import Composed, compose, observation_names
from hub.uplink.resources import Gateway
from hub.uplink.rows import Sealed, Unsealable
from hub.uplink.timing import LeftOut

ALERTS = {
    LeftOut.TIME_FAULT: (AlertCode.CLOCK_FAULT, "Målingen har et klokkeslett som ikke kan stemme"),
    LeftOut.TIME_UNKNOWN: (AlertCode.CLOCK_FAULT, "Ingen klokke vet når målingen ble tatt"),
    LeftOut.NOTHING_CODED: (AlertCode.MEASUREMENT_INVALID, "Målingen har ingen verdi"),
}


class Bundles:
    """Used on the books' thread. `device` knows the devices of this home; `wake` is called when
    an alert was put into the outbox."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        device: Callable[[str], Device | None],
        now: Now,
        wake: Callable[[], None],
    ) -> None:
        self._gateway = Gateway(settings.hub.id, VERSION, serial=settings.hub.serial)
        self._patient = settings.patient
        self._zone = ZoneInfo(settings.hub.timezone)
        self._ledger = ledger
        self._device = device
        self._now = now
        self._wake = wake

    def seal(self, due: Due) -> Sealed | None:
        """`hub.uplink.rows.Seal`: the bytes of a row, None while it must wait."""
        if due.kind is not OutboxKind.OBSERVATION:
            return None  # answers and alerts are sealed when they are put
        kept = self._ledger.measurements_of(due.seq)
        if not kept or self._must_wait(kept):
            return None
        composed = self._compose(kept)
        self._tell(kept, composed.left_out)
        if len(composed.left_out) == len(kept):
            # Nobody would see these values, so nobody may be told that they were received.
            raise Unsealable(", ".join(sorted({why.value for _, why in composed.left_out})))
        self._ledger.set_aside([measurement for measurement, _ in composed.left_out])
        members = len(kept) - len(composed.left_out)
        return Sealed(composed.id, composed.body, members=members)

    def response(self, entry: Entry) -> tuple[str, bytes]:
        """A completed check-in → (id, body)."""
        return questionnaire_response(
            self._patient,
            check_in=str(entry.body["check_in"]),
            questionnaire=str(entry.body["questionnaire"]),
            items=entry.body["item"],
            authored=entry.written.wall,
            zone=self._zone,
            source=Source(entry.body.get("source") or Source.PATIENT),
        )

    def response_taken_back(self, check_in: str, at: Moment) -> tuple[str, bytes] | None:
        """A check-in that the patient wants undone → (id, body); None where none was completed."""
        body = self._ledger.outbox.body_of(response_name(check_in))
        return taken_back(check_in, body, at.wall, self._zone) if body else None

    def alert(
        self,
        code: AlertCode,
        about: str,
        text: str,
        *,
        severity: Severity,
        arose: Moment | None = None,
        about_reading: Kept | None = None,
        detail: str | None = None,
        clearing: str | None = None,
        again: str | None = None,
    ) -> str:
        """Put an alert into the outbox → its id. Equal `about` and code are one alert.

        arose          when; now, if it is not given
        about_reading  the measurement that it is about
        detail         for the technician behind the nurse, in English; a nurse's, in Norwegian
        clearing       how an alert with this `about` and code has ended
        again          what is new about one that may have been put before
        """
        at = arose or self._now()
        id, body = alert(
            self._gateway,
            self._patient,
            code,
            about=about,
            text=text,
            severity=severity,
            at=at.wall,
            zone=self._zone,
            detail=detail,
            clearing=clearing,
            again=again,
            device=self._device_of(about_reading) if about_reading else None,
            observations=self._observations_of(about_reading) if about_reading else (),
        )
        self._ledger.outbox.put(OutboxKind.ALERT, id, body, urgent=True, created=at)
        self._wake()
        return id

    def _must_wait(self, kept: Sequence[Kept]) -> bool:
        """Restamped as soon as this boot knows the time; an earlier boot never will."""
        now = self._now()
        return not now.trusted or any(
            not one.reception.received.trusted and one.reception.received.boot_id == now.boot_id
            for one in kept
        )

    def not_theirs(self, id: str) -> None:
        """The patient says so of a measurement that has left already."""
        reading = self._ledger.kept(id)
        self.alert(
            AlertCode.MEASUREMENT_INVALID,
            f"not me {id}",
            "Pasienten sier at målingen ikke er hans eller hennes",
            severity="moderate",
            about_reading=reading,
        )

    def tell_parked(self, seq: int, reason: str) -> None:
        """The central service did not take a row. What was never sealed has been told already."""
        if any(row.seq == seq and row.id is not None for row in self._ledger.outbox.parked()):
            self.alert(
                AlertCode.MEASUREMENT_INVALID,
                f"parked {seq}",
                "Sentralen tok ikke imot det boksen sendte",
                severity="moderate",
                detail=reason,
            )

    def _compose(self, kept: Sequence[Kept]) -> Composed:
        return compose(
            self._gateway,
            self._patient,
            self._device_of(kept[0]),
            kept,
            bounds=self._ledger.bounds,
            zone=self._zone,
            at=self._now().wall,
        )

    def _device_of(self, kept: Kept) -> Device:
        return self._device(kept.reception.device_key) or _removed(kept)

    def _observations_of(self, kept: Kept) -> list[str]:
        return observation_names(
            self._gateway,
            self._patient,
            self._device_of(kept),
            kept,
            bounds=self._ledger.bounds,
            zone=self._zone,
        )

    def _tell(self, kept: Sequence[Kept], left_out: Sequence[tuple[str, LeftOut]]) -> None:
        readings = {one.id: one for one in kept}
        for measurement, why in left_out:
            if why in ALERTS:
                code, text = ALERTS[why]
                self.alert(
                    code,
                    f"{why.value} {measurement}",
                    text,
                    severity="moderate",
                    about_reading=readings[measurement],
                )


def _removed(kept: Kept) -> Device:
    """A device that was taken out before its last readings left: what the reading itself tells."""
    return Device(
        key=kept.reception.device_key,
        address=kept.reception.device_key,
        transport="ble" if issubclass(by_id(kept.reception.driver), RadioDriver) else "serial",
        driver=kept.reception.driver,
        name=kept.reception.driver,
        joined_at=datetime.now(UTC),
    )
