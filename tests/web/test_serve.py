"""The web process over real sockets: loopback, TLS, a door that is closed until it is opened."""

import gzip
import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import msgspec
import pytest

from hub import clock
from hub.listening import LOOPBACK
from hub.serve import Pages, running
from hub.settings import Clock, Settings
from hub.web.certificate import certificate
from tests.books import ledger_at
from tests.web.house import settings_in

PATIENCE_S = 20.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = settings_in(tmp_path)
    made.hub.state_dir.mkdir(parents=True)
    web = msgspec.structs.replace(made.web, kiosk_port=0, setup_port=0)
    return msgspec.structs.replace(made, web=web, clock=Clock(trust="always"))


@pytest.fixture
def pages(settings: Settings) -> Iterator[Pages]:
    with running(settings, setup_host=LOOPBACK) as pages:
        yield pages


def until(holds: Callable[[], bool]) -> None:
    """The second server starts and stops in a thread of its own."""
    deadline = monotonic() + PATIENCE_S
    while not holds():
        assert monotonic() < deadline
        os.sched_yield()


def port_of(pages: Pages) -> int:
    return int(pages.gate.address.rpartition(":")[2])


@dataclass(frozen=True)
class Answer:
    status: int
    server: str | None
    body: bytes


def request(address: str, method: str, path: str) -> Answer:
    host = address.split("/")[2]
    with closing(http.client.HTTPConnection(host, timeout=PATIENCE_S)) as connection:
        connection.request(method, path, headers={"Origin": f"http://{host}"})
        response = connection.getresponse()
        return Answer(response.status, response.headers["Server"], response.read())


def listens(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def opened(pages: Pages) -> int:
    request(pages.address, "POST", "/setup-door/open")
    until(lambda: port_of(pages) != 0)
    return port_of(pages)


def test_the_kiosk_answers_without_telling_what_serves_it(pages: Pages) -> None:
    answer = request(pages.address, "GET", "/")
    assert (answer.status, answer.server) == (200, "hub")
    assert "Boksen starter." in answer.body.decode()


def test_the_kiosk_listens_on_loopback_only(pages: Pages) -> None:
    found = Path("/proc/net/tcp").read_text()
    port = int(pages.address.rstrip("/").rpartition(":")[2])
    listening = re.findall(rf" ([0-9A-F]{{8}}):{port:04X} 00000000:0000 0A", found)
    assert listening == ["0100007F"]


def test_setup_listens_only_while_it_is_open(pages: Pages) -> None:
    assert port_of(pages) == 0
    port = opened(pages)
    assert listens(port)
    request(pages.address, "POST", "/setup-door/close")
    until(lambda: not listens(port))


def test_setup_speaks_tls_with_the_certificate_of_this_hub(
    pages: Pages, settings: Settings
) -> None:
    port = opened(pages)
    pem = settings.web.state_dir / "setup.pem"
    context = ssl.create_default_context(cafile=str(pem))
    with (
        socket.create_connection((LOOPBACK, port), timeout=PATIENCE_S) as plain,
        context.wrap_socket(plain, server_hostname="hub-0001.local") as secure,
    ):
        assert secure.version() in ("TLSv1.2", "TLSv1.3")
        secure.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert secure.recv(12) == b"HTTP/1.1 401"
    assert pem.stat().st_mode & 0o777 == 0o600
    assert len(pages.gate.fingerprint.split()) == 8


def test_old_tls_is_refused(pages: Pages) -> None:
    context = ssl._create_unverified_context()  # noqa: S323 - what is tested is the version
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection((LOOPBACK, opened(pages)), timeout=PATIENCE_S) as plain,
        pytest.raises((ssl.SSLError, OSError)),
    ):
        context.wrap_socket(plain)


def test_the_certificate_is_made_once(tmp_path: Path) -> None:
    first = certificate(tmp_path, "hub-0001.local")
    assert certificate(tmp_path, "hub-0001.local") == first


def test_holding_the_hubs_button_opens_setup_and_an_old_press_does_not(
    settings: Settings,
) -> None:
    ledger = ledger_at(settings.hub.state_dir / "ledger.db")
    old = clock.now("always")
    ledger.notes.put_state("setup", {"opened_mono_ms": old.mono_ms, "boot_id": old.boot_id})
    with running(settings, setup_host=LOOPBACK) as pages:
        assert request(pages.address, "GET", "/").status == 200
        assert not pages.gate.is_open
        now = clock.now("always")
        press = {"opened_mono_ms": now.mono_ms + 1, "boot_id": now.boot_id}
        ledger.notes.put_state("setup", press)
        until(lambda: pages.gate.is_open)
    ledger.close()


def test_the_process_prints_its_address_and_ends_when_told(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text(
        f"""
        [hub]
        id = "0200000000000001"
        state_dir = "{tmp_path / "hub"}"
        [patient]
        system = "urn:oid:2.999"
        value = "p-1"
        [mqtt]
        host = "localhost"
        tenant = "1804"
        [web]
        state_dir = "{tmp_path / "web"}"
        kiosk_port = 0
        """
    )
    command = [sys.executable, "-m", "hub", "web", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        assert request(address, "GET", "/").status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def test_the_first_load_of_a_patients_page_is_small(pages: Pages) -> None:
    """Budget: 60 KB compressed, without the fonts (which are kept for a year)."""
    page = request(pages.address, "GET", "/").body
    parts = re.findall(rb'(?:href|src)="(/static/[^"]+)"', page)
    loaded = [page, *(request(pages.address, "GET", part.decode()).body for part in parts)]
    assert len(parts) == 5
    assert sum(len(gzip.compress(part)) for part in loaded) < 20_000
