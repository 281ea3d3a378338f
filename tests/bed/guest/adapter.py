"""The Bluetooth adapter that the guest's kernel sees: on the virtual air, through /dev/vhci."""

import asyncio

from bumble import hci, ll
from bumble.transport import open_transport
from bumble.transport.common import Transport

from hub.demo.air import Air, Controller

ADDRESS = "00:1B:DC:00:00:01"

# The features of a peer arrive after two connection events, here of 30 ms. Answered at once, they
# are there before bluetoothd has been told of the connection, and 5.66 then fails some of them with
# "Device … is already connected" (5 of 32 runs; with the delay none of 25).
FEATURES_AFTER_S = 0.06


class KernelController(Controller):
    """As the hub's in the demo, but with a public address and the pace of a real link."""

    def on_ll_control_pdu(self, sender_address: hci.Address, packet: ll.ControlPdu) -> None:
        if isinstance(packet, ll.FeatureRsp):
            asyncio.get_running_loop().call_later(
                FEATURES_AFTER_S, self._features_arrived, sender_address, packet
            )
        else:
            super().on_ll_control_pdu(sender_address, packet)

    def _features_arrived(self, sender: hci.Address, packet: ll.ControlPdu) -> None:
        if sender in self.le_connections:
            super().on_ll_control_pdu(sender, packet)


class Adapter:
    """Plugged in and pulled out like a dongle; hci0 comes and goes."""

    def __init__(self, air: Air) -> None:
        self._air = air
        self._controller: KernelController | None = None
        self._transport: Transport | None = None

    async def plug_in(self) -> None:
        self._transport = await open_transport("vhci")
        self._controller = KernelController("adapter", self._air.link)
        self._controller.public_address = hci.Address(ADDRESS, hci.Address.PUBLIC_DEVICE_ADDRESS)
        self._controller.host = self._transport.sink
        self._transport.source.set_packet_sink(self._controller)

    async def pull_out(self) -> None:
        if self._controller is not None and self._transport is not None:
            self._air.link.remove(self._controller)
            await self._transport.close()
        self._controller = self._transport = None
