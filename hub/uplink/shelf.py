"""Brings desired documents into force, and reports what is (`up/reported/{doc}`)."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from hub.settings import Patient
from hub.uplink import desired
from hub.uplink.anomalies import Anomalies, Anomaly
from hub.uplink.decoding import Malformed
from hub.uplink.desired import Check, Offer
from hub.uplink.envelope import Delivery, body
from hub.uplink.rows import OnLedger

IN_FORCE = "reported"  # the document that says what is in force since when
ERROR_LIMIT = 1000

# Under the name "devices" are kept those that have joined.
NAMES = {"plan": "plan", "questionnaires": "questionnaires", "devices": "kit", "config": "config"}


class Documents(Protocol):
    """As `hub.store.documents.Documents`; called on the ledger's thread."""

    def get(self, name: str) -> dict[str, Any] | None: ...
    def put(self, name: str, content: dict[str, Any], *, version: str = "") -> None: ...
    def withdraw(self, name: str) -> None: ...


class InForce(Struct, frozen=True):
    version: str
    applied: datetime
    questionnaires: tuple[str, ...] = ()


class Shelf:
    """Call `load` first.

    report   publishes retained: the document's name and the payload
    applied  told the name of each document that came into force or was withdrawn
    """

    def __init__(
        self,
        documents: Documents,
        on_ledger: OnLedger,
        check: Check,
        patient: Patient,
        report: Callable[[str, bytes], None],
        anomalies: Anomalies,
        applied: Callable[[str], None] = lambda document: None,
    ) -> None:
        self._documents = documents
        self._on_ledger = on_ledger
        self._publish = report
        self._anomalies = anomalies
        self._applied = applied
        self._in_force: dict[str, InForce] = {}
        self._left_out = ""  # questionnaires of the plan that cannot be shown
        self._readers: dict[str, Callable[[bytes], Offer]] = {
            "plan": partial(desired.plan, check=check, patient=patient),
            "questionnaires": partial(desired.questionnaires, check=check),
            "devices": desired.devices,
            "config": desired.config,
        }

    async def load(self) -> None:
        kept = await self._on_ledger(lambda: self._documents.get(IN_FORCE))
        self._in_force = msgspec.convert(kept or {}, dict[str, InForce])

    def in_force(self) -> dict[str, Any]:
        """`reported` in the hub's status: versions, and every questionnaire by `id|version`."""
        versions = {name: one.version for name, one in self._in_force.items()}
        named = {text for one in self._in_force.values() for text in one.questionnaires}
        return versions | {"questionnaires": sorted(named)}

    async def take(self, document: str, delivery: Delivery) -> None:
        """A desired document came. Whatever is wrong with it is reported, never raised."""
        if document not in self._readers:
            self._anomalies.note(Anomaly.UNKNOWN_TOPIC, delivery.topic)
            return
        try:
            payload = body(delivery)
            offer = self._readers[document](payload) if payload else None
        except Malformed as error:
            self._refuse(document, error.reason)
            return
        await self._change(document, offer)

    async def _change(self, document: str, offer: Offer | None) -> None:
        current = self._in_force.get(document)
        if offer is not None and current is not None and offer.is_older_than(current.version):
            self._anomalies.note(Anomaly.DOCUMENT_REFUSED, f"{document} {offer.version}: older")
        elif offer is None:
            await self._withdraw(document)
        else:
            await self._put(document, offer)
        self._report(document)

    async def _put(self, document: str, offer: Offer) -> None:
        if document == "plan":
            self._left_out = "; ".join(offer.left_out)
            self._report("questionnaires")
        current = self._in_force.get(document)
        there = await self._on_ledger(lambda: self._documents.get(NAMES[document]))
        if current is not None and current.version == offer.version and there == offer.content:
            return
        now = InForce(offer.version, datetime.now(UTC), offer.questionnaires)
        self._in_force[document] = now

        def put() -> None:
            self._documents.put(NAMES[document], offer.content, version=offer.version)
            self._documents.put(IN_FORCE, msgspec.to_builtins(self._in_force))

        await self._on_ledger(put)
        self._applied(document)

    async def _withdraw(self, document: str) -> None:
        if document == "plan":
            self._left_out = ""
        if self._in_force.pop(document, None) is None:
            return

        def withdraw() -> None:
            self._documents.withdraw(NAMES[document])
            self._documents.put(IN_FORCE, msgspec.to_builtins(self._in_force))

        await self._on_ledger(withdraw)
        self._applied(document)

    def _refuse(self, document: str, reason: str) -> None:
        self._anomalies.note(Anomaly.DOCUMENT_REFUSED, f"{document}: {reason}")
        self._report(document, reason)

    def _report(self, document: str, error: str = "") -> None:
        current = self._in_force.get(document)
        if document == "questionnaires":
            error = error or self._left_out
        report = {
            "schema": "dho.reported/1.0",
            "version": current.version if current else "",
        }
        if current is not None:
            report["applied"] = current.applied.isoformat(timespec="seconds")
        if error:
            report["error"] = error[:ERROR_LIMIT]
        self._publish(document, msgspec.json.encode(report))
