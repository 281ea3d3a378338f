"""What comes down comes twice, or late: nothing is shown twice, and the newest stays."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from hub.demo.broker import Broker
from tests.faults.tally import Tally
from tests.uplink.central import Central
from tests.uplink.hub import Hub
from tests.uplink.test_commands import ACK, Handled, command
from tests.uplink.test_inbox import KIT, plan, title

TENANT = "1804"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.mark.fault("F28")
async def test_what_is_delivered_again_is_shown_once(
    tally: Tally, broker: Broker, tmp_path: Path
) -> None:
    """The broker repeats a message, and the hub may have been started anew in between."""
    for cycle in tally.cycles(pr=10, night=100):
        chance = Random(cycle)  # noqa: S311 - moments, not secrets
        hub_id = f"0200F028{cycle:08X}"
        async with (
            Hub(tmp_path / f"hub-{cycle}", broker.port, TENANT, hub_id) as hub,
            Central(broker.port, TENANT, hub_id) as central,
        ):
            show = hub.handlers["message.show"] = Handled({})
            await hub.start()
            message = command("message.show", {"text": "Hei"})
            repeats = chance.randint(1, 3)
            for number in range(1 + repeats):
                central.send("dn/cmd", message)
                central.send("dn/desired/plan", plan(7))
                await central.nth(ACK, 3 + number)
                if chance.random() < 0.3:
                    await hub.stop()
                    await hub.start()
            central.send("dn/desired/devices", KIT)
            await central.nth("up/reported/devices")  # all before it has been dealt with
            assert len(show.orders) == 1
            # None where the hub was stopped between the commit and the telling.
            assert hub.changed.count("plan") <= 1
            assert hub.documents.version("plan") == "cp-123/7"
            assert title(hub) == "v7"
            tally.add(accepted=2, duplicated=2 * repeats)


@pytest.mark.fault("F29")
async def test_the_newest_plan_stays_in_whatever_order_they_come(
    tally: Tally, broker: Broker, tmp_path: Path
) -> None:
    for cycle in tally.cycles(pr=10, night=100):
        chance = Random(cycle)  # noqa: S311 - moments, not secrets
        hub_id = f"0200F029{cycle:08X}"
        versions = [2, 3, 9, 10, 11]  # as text, 9 would be the newest
        chance.shuffle(versions)
        restart = chance.randrange(len(versions))
        async with (
            Hub(tmp_path / f"hub-{cycle}", broker.port, TENANT, hub_id) as hub,
            Central(broker.port, TENANT, hub_id) as central,
        ):
            await hub.start()
            for number, version in enumerate(versions):
                central.send("dn/desired/plan", plan(version))
                central.send("dn/desired/devices", KIT | {"version": f"{number}"})
                await reported(central, f"{number}")
                assert title(hub) == f"v{max(versions[: number + 1])}"
                if number == restart:
                    await hub.stop()
                    await hub.start()
            told = [seen.json["version"] for seen in central.at("up/reported/plan")]
            newest = [int(each.removeprefix("cp-123/")) for each in told]
            assert newest == sorted(newest)
            late = sum(v < max(versions[: n + 1]) for n, v in enumerate(versions))
            tally.add(accepted=len(versions), reordered=late)


async def reported(central: Central, version: str) -> None:
    """The kit of this version, and so all before it, has been dealt with."""
    number = 1
    while (await central.nth("up/reported/devices", number)).json["version"] != version:
        number += 1
