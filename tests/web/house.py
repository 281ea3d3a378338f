"""A home with the real books, a clock that stands still, and both pages without a network."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from drivers.measurement import Kind, Measurement, Quantity, Unit, Value
from hub import web
from hub.clock import ClockState, Moment
from hub.records import Device, JournalKind, Kept, OutboxKind, Outcome, Reception
from hub.settings import Hub, Mqtt, Patient, Settings, Web
from hub.shelf import LateLedger, PageJournal
from hub.web.books import Books
from hub.web.gate import Gate
from tests.books import KEY, documents_at, journal_reader_at, ledger_at

OSLO = ZoneInfo("Europe/Oslo")
TODAY = datetime(2026, 11, 22, 9, 41, tzinfo=UTC)  # 10:41 in Oslo
BOOT = "6f1f3c1e-0f6a-4a76-9b6e-0a4f0c1f2d11"
CUFF = "C4F312FFFE53F2C9"
TOKEN = re.compile(r'name="form" value="([^"]+)"')

BLOOD_PRESSURE = {
    Quantity.SYSTOLIC: Value(Decimal(128), Unit.MM_HG),
    Quantity.DIASTOLIC: Value(Decimal(82), Unit.MM_HG),
    Quantity.PULSE_RATE: Value(Decimal(67), Unit.PER_MINUTE),
}
WEIGHT = {Quantity.BODY_WEIGHT: Value(Decimal("81.20"), Unit.KILOGRAM)}


@dataclass
class FakeClock:
    wall: datetime = TODAY
    mono_ms: int = 3_600_000
    seconds: float = 0.0

    def now(self) -> Moment:
        return Moment(self.wall, self.mono_ms, BOOT, ClockState.NTP)

    def ago(self, time: timedelta) -> Moment:
        ms = time // timedelta(milliseconds=1)
        return Moment(self.wall - time, self.mono_ms - ms, BOOT, ClockState.NTP)

    def pass_(self, time: timedelta) -> None:
        self.wall += time
        self.mono_ms += time // timedelta(milliseconds=1)
        self.seconds += time / timedelta(seconds=1)


def settings_in(directory: Path) -> Settings:
    return Settings(
        hub=Hub(id="0200000000000001", state_dir=directory / "hub"),
        patient=Patient(system="urn:oid:2.999.1.2.3.4", value="p-000000"),
        mqtt=Mqtt(host="mqtt.example", tenant="1804"),
        web=Web(
            state_dir=directory / "web",
            support_phone="22 00 00 00",
            voice_dir=directory / "voice",
            backlight=str(directory / "light"),
        ),
    )


@dataclass
class House:
    directory: Path
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.settings = settings_in(self.directory)
        for folder in (self.settings.hub.state_dir, self.settings.web.state_dir):
            folder.mkdir(parents=True)
        self.documents = documents_at(self.settings.hub.state_dir / "documents", writable=True)
        self._start_pages()

    def start_pages_again(self) -> None:
        """As after a crash: only what is on the disk is left."""
        self.journal.close()
        self.page_ledger.close()
        self._start_pages()

    def _start_pages(self) -> None:
        self.journal = PageJournal(self.journal_path, KEY)
        self.page_ledger = LateLedger(self.settings.hub.state_dir / "ledger.db", KEY)
        self.gate = Gate(1800, lambda: self.clock.seconds)
        self.gate.address = "https://192.0.2.7:8443"
        self.gate.fingerprint = " ".join(["0123ABCD"] * 8)
        self.parts = web.Parts(
            settings=self.settings,
            books=Books(self.page_ledger, self.journal, self.documents),
            gate=self.gate,
            now=self.clock.now,
            key=b"k" * 32,
        )

    @property
    def journal_path(self) -> Path:
        return self.settings.web.state_dir / "journal.db"

    def start_hub(self) -> None:
        self.ledger = ledger_at(self.settings.hub.state_dir / "ledger.db")

    def stop_hub_and_forget(self) -> None:
        """The hub is gone, and so is its book."""
        self.ledger.close()
        del self.ledger
        for file in self.settings.hub.state_dir.glob("ledger.db*"):
            file.unlink()

    def kiosk(self) -> "Browser":
        return Browser(web.kiosk(self.parts).test_client(), "http://localhost")

    def setup(self) -> "Browser":
        return Browser(web.setup(self.parts).test_client(), "https://localhost")

    def technician(self) -> "Browser":
        self.gate.open()
        browser = self.setup()
        page = browser.get("/")
        assert browser.post("/enter", page, code=self.gate.code() or "").status_code == 303
        return browser

    def measure(
        self,
        kind: Kind = Kind.BLOOD_PRESSURE,
        values: dict[Quantity, Value] | None = None,
        ago: timedelta = timedelta(seconds=5),
        **more: Any,
    ) -> Kept:
        values = BLOOD_PRESSURE if values is None else values
        return self.keep(kind, values, self.clock.ago(ago), **more)

    def keep(
        self, kind: Kind, values: dict[Quantity, Value], received: Moment, **more: Any
    ) -> Kept:
        raw = (received.wall.isoformat().encode(), repr(values).encode())
        measurement = Measurement(kind=kind, values=values, raw=raw, **more)
        session = f"s{received.mono_ms}"
        kept = self.ledger.append(
            measurement, Reception(CUFF, "gatt-blood-pressure", session, received, -9.0, live=True)
        )
        assert kept is not None
        return kept

    def seal(self, kept: Kept) -> tuple[int, str]:
        """(row, bundle) of the reading's outbox row."""
        due = self.ledger.outbox.due(100)
        seq = next(d.seq for d in due if kept in self.ledger.measurements_of(d.seq))
        bundle = f"urn:uuid:{kept.id}"
        self.ledger.outbox.seal(seq, bundle, b"{}")
        return seq, bundle

    def take(self, number: int, outcome: Outcome) -> None:
        with self.ledger.notes.taking(number):
            self.ledger.notes.set_outcome(number, outcome)

    def journal_rows(self) -> int:
        reader = journal_reader_at(self.journal_path)
        count = len(reader.after(0, 1000))
        reader.close()
        return count

    def rows(self, kind: JournalKind) -> list[dict[str, Any]]:
        reader = journal_reader_at(self.journal_path)
        found = [entry.body for entry in reader.after(0, 1000) if entry.kind is kind]
        reader.close()
        return found

    def plan(self, document: dict[str, Any]) -> None:
        self.documents.put("plan", document, version="1")

    def device(self, **more: Any) -> Device:
        given: dict[str, Any] = {
            "key": CUFF,
            "address": "F0:F1:F2:F3:F4:F5",
            "transport": "ble",
            "driver": "gatt-blood-pressure",
            "name": "Blodtrykksmåler",
            "joined_at": TODAY,
        }
        device = Device(**(given | more))
        self.documents.put_device(device)
        return device

    def alert(self, bundle: str) -> int:
        return self.ledger.outbox.put(
            OutboxKind.ALERT, bundle, b"{}", urgent=True, created=self.clock.now()
        )

    def close(self) -> None:
        self.journal.close()
        self.page_ledger.close()
        if hasattr(self, "ledger"):
            self.ledger.close()


@dataclass
class Browser:
    """A test client that sends what a browser sends with a form of our own page."""

    client: FlaskClient
    base: str

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, base_url=self.base)

    def post(self, path: str, page: TestResponse, **fields: Any) -> TestResponse:
        form = {"form": token(page), **fields}
        headers = {"Sec-Fetch-Site": "same-origin"}
        return self.client.post(path, data=form, headers=headers, base_url=self.base)

    def follow(self, response: TestResponse) -> TestResponse:
        while response.status_code == 303:
            response = self.get(response.headers["Location"])
        return response


def token(page: TestResponse) -> str:
    found = TOKEN.search(page.text)
    assert found, page.text
    return found[1]
