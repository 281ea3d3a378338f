"""Debian's mosquitto as a child process on loopback: the broker of the demo and of the tests.

    with Broker(directory) as broker:      # started, and it accepts connections
        connect("127.0.0.1", broker.port)
        broker.kill(); broker.start()      # kill -9; the same port and the same store again

The port is chosen by the system at the first start and kept for the life of the object.
"""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"
START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 10.0
POLL_S = 0.01

# Anonymous clients may do everything, which is why it listens on loopback only.
# `persistence true` alone saves every half hour and at a clean end: kill -9 lost 200 of 200
# acknowledged messages. Saved on every change it lost none.
CONFIGURATION = """\
user {user}
listener {port} {loopback}
allow_anonymous true
set_tcp_nodelay true
max_packet_size 262144
max_inflight_messages 20
max_queued_messages 10000
max_queued_bytes 0
persistence true
persistence_location {directory}/
persistence_file broker.db
autosave_on_changes true
autosave_interval 1
log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages false
"""


class BrokerError(Exception):
    """The broker could not be run; the text says why."""


class Broker:
    """One mosquitto.

    directory     its configuration, its store and its log (`mosquitto.log`); made when absent
    extra         more lines of mosquitto.conf; they belong to the one listener: certificates fit
    dies_with_us  killed when the thread that started it ends, however it ends
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int = 0,
        extra: Iterable[str] = (),
        dies_with_us: bool = False,
    ) -> None:
        self.directory = directory.resolve()
        self.port = port
        self._extra = tuple(extra)
        self._prefix = dying_with_us() if dies_with_us else []
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None and self.is_running else None

    def start(self) -> None:
        """Start, and return when it accepts connections; BrokerError when it does not come up."""
        if self.is_running:
            return
        self.port = self.port or free_port()
        log_path = self.directory / "mosquitto.log"
        configuration = self._configure()
        with log_path.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 (our own configuration file)
                [*self._prefix, _executable(), "-c", str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in a terminal goes to the whole group; the demo ends it in its own order.
                start_new_session=True,
            )
        self._await_listening(log_path)

    def stop(self) -> None:
        """End it as systemd would: SIGTERM, and it saves its store."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9: nothing more is saved."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Half-open: connections stay, nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def forget(self) -> None:
        """Lose everything it had acknowledged: sessions, queued and retained messages."""
        was_running = self.is_running
        self.kill()
        (self.directory / "broker.db").unlink(missing_ok=True)
        if was_running:
            self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _configure(self) -> Path:
        self.directory.mkdir(parents=True, exist_ok=True)
        text = CONFIGURATION.format(
            user=getpass.getuser(), port=self.port, loopback=LOOPBACK, directory=self.directory
        )
        path = self.directory / "mosquitto.conf"
        path.write_text(text + "".join(f"{line}\n" for line in self._extra))
        return path

    def _await_listening(self, log_path: Path) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _accepts(self.port):
            if not self.is_running or time.monotonic() > deadline:
                self.kill()
                raise BrokerError(f"mosquitto did not start: {log_path.read_text()[-500:].strip()}")
            time.sleep(POLL_S)

    def _signal(self, number: signal.Signals) -> None:
        if self._child is not None and self.is_running:
            self._child.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._child is None:
            return
        self._signal(signal.SIGCONT)
        self._signal(number)
        try:
            self._child.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child = None


def dying_with_us() -> list[str]:
    """Put before a command: it is killed when we are. Two of one kind on the same files, the one
    left over and the new one, must never be. Empty where util-linux is missing."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


def free_port() -> int:
    """A loopback TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _accepts(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def _executable() -> str:
    """Debian installs daemons in /usr/sbin, which is not in every person's PATH."""
    found = shutil.which(
        "mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    )
    if found is None:
        raise BrokerError("mosquitto is not installed (Debian: apt install mosquitto)")
    return found
