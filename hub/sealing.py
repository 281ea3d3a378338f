"""From the ledger's measurements to the bytes that leave: the last step before a row is sealed.

A row whose time is not known yet waits for the clock while this boot may still learn it.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hub.clock import Now
from hub.records import Device, Due, Kept, OutboxKind
from hub.settings import Settings
from hub.store.ledger import Ledger
from hub.uplink.fhir import Composed, Gateway, Patient, compose
from hub.uplink.rows import Sealed, Unsealable

LeftOut = Callable[[Sequence[tuple[str, str]]], None]
"""Measurements that are not sent as clinical values, with the reasons: raise the alert."""


class Sealer:
    """Called on the books' thread (`hub.uplink.rows.Seal`)."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        device: Callable[[str], Device | None],
        now: Now,
        left_out: LeftOut,
    ) -> None:
        self._gateway = Gateway(settings.hub.id, settings.hub.serial)
        self._patient = Patient(settings.patient.system, settings.patient.value)
        self._zone = ZoneInfo(settings.hub.timezone)
        self._ledger = ledger
        self._device = device
        self._now = now
        self._left_out = left_out

    def __call__(self, due: Due) -> Sealed | None:
        if due.kind is not OutboxKind.OBSERVATION:
            return None  # answers and alerts are sealed when they are put
        kept = self._ledger.measurements_of(due.seq)
        if not kept or self._should_wait(kept):
            return None
        composed = self._compose(kept)
        self._left_out(composed.left_out)
        if not composed.entries:
            raise Unsealable("; ".join(reason for _, reason in composed.left_out))
        return Sealed(composed.id, composed.body, members=len(kept))

    def _should_wait(self, kept: Sequence[Kept]) -> bool:
        """Restamped as soon as this boot knows the time; an earlier boot never will."""
        now = self._now()
        return not now.trusted or any(
            not one.reception.received.trusted and one.reception.received.boot_id == now.boot_id
            for one in kept
        )

    def _compose(self, kept: Sequence[Kept]) -> Composed:
        first = kept[0].reception
        return compose(
            self._gateway,
            self._patient,
            self._device(first.device_key) or _removed(kept[0]),
            kept,
            bounds=self._ledger.bounds,
            zone=self._zone,
            at=self._now().wall,
        )


def _removed(kept: Kept) -> Device:
    """A device that was taken out before its last readings left: what the reading itself tells."""
    return Device(
        key=kept.reception.device_key,
        address=kept.reception.device_key,
        transport="ble",
        driver=kept.reception.driver,
        name=kept.reception.driver,
        joined_at=datetime.now(UTC),
    )
