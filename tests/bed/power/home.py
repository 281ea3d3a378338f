"""The whole hub in the guest: `hub run` and `hub web` on the disk, a central service beside them.

Both are forked from a process that has imported everything: that halves the time of a boot.
"""

import os
import signal
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import hub.app
import hub.serve
from hub.__main__ import main
from hub.demo import documents
from hub.demo.broker import Broker
from hub.demo.central import Central

DATA = Path("/data")
OUT = Path("/out")
BOOKS = DATA / "hub"
PAGES = DATA / "web"
SETTINGS = Path("/tmp/hub.toml")  # noqa: S108 - of the guest, which is ours alone
SCALE = Path("/run/ttyScale")
BROKER = Path("/tmp/broker")  # noqa: S108

HUB_ID, TENANT = "02000000000000BE", "1804"
PATIENT = ("urn:oid:2.999.1.2.3.4", "p-bed")
BROKER_PORT, KIOSK_PORT = 1883, 8080
KIOSK = f"http://127.0.0.1:{KIOSK_PORT}/"
READY_S = 60.0

TEXT = f"""\
[hub]
id = "{HUB_ID}"
state_dir = "{BOOKS}"
[patient]
system = "{PATIENT[0]}"
value = "{PATIENT[1]}"
[mqtt]
host = "127.0.0.1"
port = {BROKER_PORT}
tenant = "{TENANT}"
tls = false
backlog_per_s = 0
[ble]
enabled = false
[[serial]]
path = "{SCALE}"
driver = "and-scale"
[panel]
enabled = false
[web]
state_dir = "{PAGES}"
kiosk_port = {KIOSK_PORT}
[clock]
trust = "always"
"""


class Home:
    """central  None where this home has no internet today"""

    def __init__(self, *, online: bool) -> None:
        self.central: Central | None = None
        self._online = online
        self._children: dict[str, int] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """On return the hub and the pages have said that they are ready."""
        SETTINGS.write_text(TEXT)
        os.environ["PYTHONPATH"] = str(Path(hub.__file__).parents[1])  # for children of the pages
        if self._online:
            self._stack.enter_context(Broker(BROKER, port=BROKER_PORT))
        with _Readiness() as ready:
            for name in ("run", "web"):
                self._children[name] = _fork(name)
            if self._online:  # it has threads, so the children come first
                self.central = self._stack.enter_context(Central(OUT / "central.db", BROKER_PORT))
                self.central.desire(TENANT, HUB_ID, "questionnaires", documents.questionnaires())
            ready.await_all(len(self._children))
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children.values():
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
        self._stack.close()


class _Readiness:
    """What systemd would be told."""

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0ready")
        self._socket.settimeout(READY_S)
        os.environ["NOTIFY_SOCKET"] = "@ready"
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def await_all(self, count: int) -> None:
        """Raises TimeoutError."""
        while count > 0:
            count -= self._socket.recv(4096) == b"READY=1"


def _fork(command: str) -> int:
    child = os.fork()
    if child == 0:
        log = os.open(OUT / f"hub-{command}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, sys.stdout.fileno())
        os.dup2(log, sys.stderr.fileno())
        os._exit(main([command, "--config", str(SETTINGS)]))
    return child
