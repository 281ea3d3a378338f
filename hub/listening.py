"""One WSGI server on one port, in its own threads (cheroot)."""

import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - the setup pages are for the home's network, while open
ANYWHERE = ("192.0.2.1", 9)  # TEST-NET-1; a datagram socket that connects sends nothing
THREADS = 4
CONNECTIONS = 50
TIMEOUT_S = 30
BODY_LIMIT = 64 * 1024
HEADER_LIMIT = 16 * 1024
BANNER = "hub"  # cheroot would else tell its name and version


class _Server(Server):
    """cheroot's own log goes to stderr, and calls a browser that distrusts us an error."""

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        log.log(level if traceback else logging.DEBUG, "%s", msg, exc_info=traceback)


class Listening:
    """Listens between `start` and `stop`; `port` is the real one. With `pem`: TLS (Python's
    default context has 1.2 as its floor)."""

    def __init__(
        self, app: Callable[..., Any], host: str, port: int, pem: Path | None = None
    ) -> None:
        self._server = _Server(
            (host, port),
            app,
            numthreads=THREADS,
            max=THREADS,
            server_name=BANNER,
            request_queue_size=CONNECTIONS,
            timeout=TIMEOUT_S,
            shutdown_timeout=2,
        )
        self._server.keep_alive_conn_limit = CONNECTIONS
        self._server.max_request_body_size = BODY_LIMIT
        self._server.max_request_header_size = HEADER_LIMIT
        if pem is not None:
            self._server.ssl_adapter = BuiltinSSLAdapter(str(pem), str(pem))
        self._thread = threading.Thread(target=self._server.serve, name=f"listen-{port}")

    @property
    def port(self) -> int:
        port: int = self._server.bind_addr[1]
        return port

    def start(self) -> None:
        """Accepts connections on return. Raises OSError when the port is taken."""
        self._server.prepare()
        self._thread.start()

    def stop(self) -> None:
        self._server.stop()
        if self._thread.is_alive():
            self._thread.join()


def lan_address() -> str:
    """The address under which the home's network sees this machine; loopback without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect(ANYWHERE)
        except OSError:
            return LOOPBACK
        address: str = way.getsockname()[0]
        return address


def host_name(hub_id: str) -> str:
    return f"hub-{hub_id[-4:].lower()}.local"
