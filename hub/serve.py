"""The web process: opens the books, serves the kiosk, and the setup pages while they are open.

Two servers. The kiosk's listens on loopback. The one for setup does not listen until somebody
who is in the home opens it; it ends at logout, when its time is up and with the process.
"""

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

from hub import clock, systemd, web
from hub.clock import Moment
from hub.listening import EVERYWHERE, LOOPBACK, Listening, host_name, lan_address
from hub.settings import Settings
from hub.shelf import LateLedger, PageJournal
from hub.store.documents import Documents
from hub.store.key import load_or_make
from hub.web.books import Books
from hub.web.certificate import certificate
from hub.web.gate import Gate
from hub.web.guard import signing_key
from hub.web.parts import LOOPBACK_HOSTS

log = logging.getLogger(__name__)

TICK_S = 1.0
PRUNE_EVERY_MS = 3_600_000


def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Prints the kiosk's address once it listens."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with running(settings) as pages:
        sys.stdout.write(f"{pages.address}\n")
        sys.stdout.flush()
        systemd.notify("READY=1")
        ended.wait()
        systemd.notify("STOPPING=1")


@contextmanager
def running(settings: Settings, setup_host: str = EVERYWHERE) -> Iterator["Pages"]:
    """Both servers on the books of these settings. Tests keep the second on loopback."""
    settings.web.state_dir.mkdir(parents=True, exist_ok=True)
    key = load_or_make(settings.hub.key_path)
    ledger = LateLedger(settings.hub.state_dir / "ledger.db", key)
    journal = PageJournal(settings.web.state_dir / "journal.db", key, ledger.taken)
    documents = Documents(settings.hub.state_dir / "documents", key, writable=False)
    pages = Pages(settings, Books(ledger, journal, documents), setup_host)
    try:
        pages.start()
        yield pages
    finally:
        pages.stop()
        journal.close()
        ledger.close()


class Pages:
    """Both servers, and what opens and closes the second. `address`: of the kiosk."""

    def __init__(self, settings: Settings, books: Books, setup_host: str) -> None:
        self._settings = settings
        self._books = books
        self._setup_host = setup_host
        self._wake = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="pages")
        made = certificate(settings.web.state_dir, host_name(settings.hub.id))
        self._pem = made.path
        self.gate = Gate(settings.web.setup_open_s, _seconds, lambda is_open: self._wake.set())
        self.gate.fingerprint = made.fingerprint
        self.gate.address = self._setup_address(settings.web.setup_port)
        self._parts = web.Parts(
            settings=settings,
            books=books,
            gate=self.gate,
            now=self._now,
            key=signing_key(settings.web.state_dir / "form.key"),
        )
        self._kiosk = Listening(web.kiosk(self._parts), LOOPBACK, settings.web.kiosk_port)
        self._setup_app = web.setup(self._parts)
        self._setup: Listening | None = None
        self._last_press_ms = self._now().mono_ms
        self._pruned_ms = 0

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self._kiosk.port}/"

    def start(self) -> None:
        self._kiosk.start()
        self._thread.start()

    def stop(self) -> None:
        self._ended = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._kiosk.stop()
        if self._setup is not None:
            self._setup.stop()

    def _run(self) -> None:
        while not self._ended:
            self._tick()
            self._wake.wait(TICK_S)
            self._wake.clear()

    def _tick(self) -> None:
        now = self._now()
        if self._pressed(self._books.ledger.state("setup"), now):
            self.gate.open()
        if self.gate.is_open and self._setup is None:
            self._open()
        elif self._setup is not None and not self.gate.is_open:
            self._setup.stop()
            self._setup = None
        if now.mono_ms - self._pruned_ms >= PRUNE_EVERY_MS:
            self._pruned_ms = now.mono_ms
            self._books.journal.prune(self._books.ledger.taken(), now)

    def _pressed(self, press: Any, now: Moment) -> bool:
        """The hub's button was held, in this boot and since this process began."""
        if not isinstance(press, dict) or press.get("boot_id") != now.boot_id:
            return False
        at_ms = int(press["opened_mono_ms"])
        if at_ms <= self._last_press_ms:
            return False
        self._last_press_ms = at_ms
        return True

    def _open(self) -> None:
        port = self._settings.web.setup_port
        self._parts.hosts[:] = [*LOOPBACK_HOSTS, lan_address(), host_name(self._settings.hub.id)]
        try:
            self._setup = Listening(self._setup_app, self._setup_host, port, self._pem)
            self._setup.start()
        except OSError as error:
            log.error("the setup pages cannot listen on port %d: %s", port, error)
            self._setup = None
            self.gate.close()
            return
        self.gate.address = self._setup_address(self._setup.port)

    def _setup_address(self, port: int) -> str:
        host = LOOPBACK if self._setup_host == LOOPBACK else lan_address()
        return f"https://{host}:{port}"

    def _now(self) -> Moment:
        """Trusted where the hub, which can doubt it, trusts the clock of this boot, too."""
        at = clock.now(self._settings.clock.trust)
        hub = self._books.ledger.state("clock") if at.trusted else None
        believed = hub and hub.get("synchronised") and hub.get("boot_id") == at.boot_id
        return at if believed else replace(at, state=clock.ClockState.RESTORED)


def _seconds() -> float:
    """Goes on while the machine sleeps, and nobody can set it."""
    return clock.now("always").mono_ms / 1000
