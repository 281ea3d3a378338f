"""The whole way up and down over a real broker."""

from .central import Central
from .hub import Hub


async def test_a_row_arrives_and_its_receipt_ends_it(hub: Hub, central: Central) -> None:
    await hub.start()
    id = await hub.put(b'{"resourceType":"Bundle","n":1.50}')
    seen = await central.nth("up/fhir/observation")
    assert (seen.user["mid"], seen.body) == (id, b'{"resourceType":"Bundle","n":1.50}')
    await hub.emptied()
