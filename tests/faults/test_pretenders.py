"""F25: no name server, a portal that answers everything, somebody in the middle."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from tests.faults.tally import Tally
from tests.uplink.certificates import Authority
from tests.uplink.hub import Hub

READING = b'{"resourceType":"Bundle","secret":"a reading"}'
PORTAL = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Log in</html>"
PRETENDERS = {
    "no name server": "name cannot be found",
    "captive portal": "no secure connection",
    "man in the middle": "not from the authority",
}


class Pretender:
    """`heard`: every byte that came, after TLS where there is any."""

    def __init__(self) -> None:
        self.heard = b""
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard += await reader.read(65536)
        writer.write(PORTAL)
        await writer.drain()
        self.heard += await reader.read(65536)
        writer.close()


@asynccontextmanager
async def pretending(certificate: ssl.SSLContext | None) -> AsyncIterator[Pretender]:
    pretender = Pretender()
    server = await asyncio.start_server(pretender.serve, "127.0.0.1", 0, ssl=certificate)
    pretender.port = server.sockets[0].getsockname()[1]
    yield pretender
    server.close()


@pytest.mark.fault("F25")
async def test_nobody_but_the_broker_gets_a_byte_of_a_reading(tally: Tally, tmp_path: Path) -> None:
    ours, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")
    forged = stranger.sign("broker", address="127.0.0.1")
    middle = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    middle.load_cert_chain(forged.certificate, forged.key)
    own = ours.sign("hub")
    for cycle in tally.cycles(pr=len(PRETENDERS), night=len(PRETENDERS)):
        kind, words = list(PRETENDERS.items())[cycle]
        async with (
            pretending(middle if kind == "man in the middle" else None) as pretender,
            Hub(tmp_path / f"hub-{cycle}", pretender.port, "1804", "0200F02500000001") as hub,
        ):
            hub.settings = msgspec.structs.replace(
                hub.settings,
                host="hub.invalid" if kind == "no name server" else "127.0.0.1",
                tls=True,
                ca_file=ours.file,
                certificate_file=own.certificate,
                key_file=own.key,
            )
            await hub.put(READING, wake=False)
            await hub.start(online=False)
            state = await hub.state("offline" if kind == "no name server" else "refused")
            assert words in (state.reason or "")
            # Of the portal's, all that it heard is that somebody wants to speak TLS.
            assert pretender.heard == b"" or pretender.heard[0] == 0x16
            assert b"MQTT" not in pretender.heard
            assert b"reading" not in pretender.heard
            tally.add(accepted=1, lost=1 - (await hub.counts()).waiting)
    assert tally.lost == 0
