"""TLS and the broker's rules, on a real mosquitto: who is let in, and who gets our readings."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.demo.broker import Broker
from tests.faults.tally import Tally

from .certificates import DAY, Authority, Pair
from .conftest import TENANT
from .hub import Hub
from .scripted import scripted

HUB = "02000000000000AA"
OTHER = "02000000000000BB"

RULES = f"""\
pattern write dho/v1/{TENANT}/%u/up/#
pattern read dho/v1/{TENANT}/%u/dn/#
"""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def broker(directory: Path, authority: Authority, server: Pair) -> Broker:
    rules = directory / "rules.acl"
    rules.write_text(RULES)
    # mosquitto gives up being root before it reads them.
    for file in (server.certificate, server.key, authority.file, rules):
        file.chmod(0o644)
    return Broker(
        directory / "broker",
        extra=[
            f"cafile {authority.file}",
            f"certfile {server.certificate}",
            f"keyfile {server.key}",
            "require_certificate true",
            "use_identity_as_username true",
            f"acl_file {rules}",
        ],
    )


@pytest.fixture
def good_broker(tmp_path: Path, authority: Authority) -> Iterator[Broker]:
    with broker(tmp_path, authority, authority.sign("broker", address="127.0.0.1")) as running:
        yield running


@pytest.fixture
async def hub(tmp_path: Path, authority: Authority) -> AsyncIterator[Hub]:
    async with Hub(tmp_path / "hub", 0, TENANT, HUB) as hub:
        present(hub, authority.sign(HUB), ca_file=authority.file)
        yield hub


def present(hub: Hub, pair: Pair | None, **more: Any) -> None:
    files = {"certificate_file": pair and pair.certificate, "key_file": pair and pair.key}
    hub.settings = msgspec.structs.replace(hub.settings, tls=True, **files, **more)


async def start(hub: Hub, broker: Broker) -> None:
    hub.settings = msgspec.structs.replace(hub.settings, port=broker.port, receipts="broker")
    await hub.put(wake=False)
    await hub.start(online=False)


async def test_a_hub_with_its_own_certificate_sends_over_tls(hub: Hub, good_broker: Broker) -> None:
    await start(hub, good_broker)
    await hub.emptied()


async def test_a_large_row_comes_through_tls_whole(hub: Hub, good_broker: Broker) -> None:
    await hub.put(bytes(range(256)) * 800, wake=False)
    await start(hub, good_broker)
    await hub.emptied()
    assert await hub.parked_rows() == []


async def test_all_that_came_in_one_tls_record_is_read(hub: Hub, authority: Authority) -> None:
    pair = authority.sign("broker", address="127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    async with scripted(context) as broker:
        hub.settings = msgspec.structs.replace(hub.settings, port=broker.port)
        await hub.start()
        message = b"\x32\x06\x00\x01a\x00%c\x00"
        broker.send(b"".join(message % mid for mid in range(1, 6)))
        await broker.until(lambda it: len(it.pubacks) == 5)
    assert hub.uplink.anomalies.counts() == {"foreign_topic": 5}


@pytest.mark.fault("F26")
@pytest.mark.parametrize(
    ("server", "words"),
    [
        ({"address": "127.0.0.2"}, "for another address"),
        ({}, "for another address"),
        ({"address": "127.0.0.1", "begins": -2 * DAY, "ends": -DAY}, "has expired"),
        ({"address": "127.0.0.1", "begins": DAY, "ends": 2 * DAY}, "hub's clock right?"),
    ],
    ids=["another address", "no address", "expired", "not yet valid"],
)
async def test_a_server_that_cannot_prove_itself_gets_nothing(
    hub: Hub, tmp_path: Path, authority: Authority, server: dict[str, Any], words: str
) -> None:
    with broker(tmp_path, authority, authority.sign("broker", **server)) as running:
        await start(hub, running)
        state = await hub.state("refused")
    assert words in (state.reason or "")
    assert (await hub.counts()).waiting == 1


@pytest.mark.fault("F26")
async def test_a_server_of_another_authority_gets_nothing(
    hub: Hub, tmp_path: Path, authority: Authority
) -> None:
    stranger = Authority(tmp_path, "stranger")
    with broker(tmp_path, authority, stranger.sign("broker", address="127.0.0.1")) as running:
        await start(hub, running)
        state = await hub.state("refused")
    assert "not from the authority" in (state.reason or "")
    assert (await hub.counts()).waiting == 1


@pytest.mark.fault("F25")
async def test_a_server_without_tls_gets_nothing(hub: Hub) -> None:
    heard = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(1)
        if not heard.done():
            heard.set_result(first)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        hub.settings = msgspec.structs.replace(hub.settings, port=port)
        await hub.start(online=False)
        assert "secure connection" in ((await hub.state("refused")).reason or "")
    assert await heard == b"\x16"  # a TLS handshake, and no CONNECT


@pytest.mark.parametrize("is_expired", [False, True], ids=["none", "expired"])
async def test_a_hub_that_cannot_prove_itself_keeps_what_it_has_and_says_so(
    hub: Hub, good_broker: Broker, authority: Authority, *, is_expired: bool
) -> None:
    expired = authority.sign(HUB, begins=-2 * DAY, ends=-DAY)
    present(hub, expired if is_expired else None)
    await start(hub, good_broker)
    state = await hub.state("refused")
    assert "certificate" in (state.reason or "").lower()
    assert (await hub.counts()).waiting == 1


@pytest.mark.fault("F27")
async def test_a_certificate_that_expired_while_the_hub_was_away_is_named_and_can_be_replaced(
    hub: Hub, good_broker: Broker, authority: Authority, tally: Tally
) -> None:
    for _ in tally.cycles(pr=1, night=1):
        expired = authority.sign(HUB, begins=-180 * DAY, ends=-90 * DAY)
        present(hub, expired)
        await start(hub, good_broker)
        day = (datetime.now(UTC) - 90 * DAY).date()
        reason = (await hub.state("refused")).reason or ""
        assert "own certificate expired" in reason
        assert str(day) in reason
        for _ in range(9):
            await hub.put()
        assert (await hub.counts()).waiting == 10
        renewed = authority.sign(HUB)
        renewed.certificate.rename(expired.certificate)
        renewed.key.rename(expired.key)
        await hub.state("online")
        await hub.emptied()
        tally.add(accepted=10, lost=10 - len(hub.times("sent_at")))
    assert tally.lost == 0


async def test_a_certificate_file_that_is_missing_is_named(
    hub: Hub, good_broker: Broker, tmp_path: Path
) -> None:
    present(hub, Pair(tmp_path / "gone.pem", tmp_path / "gone.key"))
    await start(hub, good_broker)
    assert "No such file" in ((await hub.state("offline")).reason or "")


async def test_a_hub_under_another_name_is_refused_row_by_row_and_loses_nothing(
    hub: Hub, good_broker: Broker, authority: Authority
) -> None:
    """The broker's rules give each certificate its own topics only (S19)."""
    present(hub, authority.sign(OTHER))
    await start(hub, good_broker)
    assert (await hub.state("online")).reason is None
    state = await hub.state("online", 2)
    assert "observation: not authorised" in (state.reason or "")
    assert (await hub.counts()).waiting == 1
    assert await hub.parked_rows() == []
