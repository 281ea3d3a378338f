"""Scenario: how long from the first advertisement until the reading is in the ledger, bonded."""

from typing import Any

from tests.bed.guest.house import House
from tests.bed.guest.hub_process import until

READINGS = 31  # the first one pairs, and is told apart


async def bench(house: House) -> dict[str, Any]:
    await house.everything()
    cuff = await house.device("cuff")
    took: list[float] = []
    for count in range(1, READINGS + 1):
        await cuff.take_measurement()
        took.append(await until(lambda count=count: len(house.hub.readings()) == count))  # type: ignore[misc]
        await cuff.until(lambda: cuff.connection is None)
        await house.hub.until(lambda hub: hub.state("receiving") is None)
    return {"pairing": took[0], "bonded": took[1:]}
