"""The air: where the radios of the virtual devices and of the hub hear each other.

It lives in another process than the hub. The hub attaches over a local socket and gets a
Bluetooth controller for as long as the socket is open: kill the hub, and its links are cut as by
radio loss, while the devices and their unread records stay. In a test, `attach_hub()` gives the
same controller inside one event loop.

Built on Bumble's LocalLink and Controller, with the defects of 0.0.236 that matter put right.
"""

import asyncio

from bumble import core, hci, link, ll
from bumble.controller import Connection
from bumble.controller import Controller as BumbleController
from bumble.transport.common import StreamPacketSource

LOOPBACK = "127.0.0.1"
ACL_LENGTH = 251

# A Bluetooth 4.2 controller. Upstream promises extended advertising in its features but not in
# its commands, and then reports in the extended format to a host that scans the old way.
NOT_IN_4_2 = (
    hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
    | hci.LeFeatureMask.LE_PERIODIC_ADVERTISING
    | hci.LeFeatureMask.LL_PRIVACY
    | hci.LeFeatureMask.LE_CODED_PHY
)


class Controller(BumbleController):
    """A software Bluetooth controller on the air."""

    link: "Link"

    def __init__(self, name: str, link: "Link") -> None:
        super().__init__(name, link=link)
        self.le_acl_data_packet_length = ACL_LENGTH
        self.le_features = self.le_features & ~NOT_IN_4_2

    def on_le_disconnected(self, connection: Connection, reason: int) -> None:
        # Both ends may hang up in the same moment; upstream then fails on the second one.
        if self.le_connections.get(connection.peer_address) is connection:
            super().on_le_disconnected(connection, reason)

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Upstream answers but never reports the end, so a host waits for ever for a device
        that is not there."""
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        asyncio.get_running_loop().call_soon(
            self.send_hci_packet,
            hci.HCI_LE_Connection_Complete_Event(
                status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                connection_handle=0,
                role=hci.Role.CENTRAL,
                peer_address_type=pending.peer_address_type,
                peer_address=pending.peer_address,
                connection_interval=0,
                peripheral_latency=0,
                supervision_timeout=0,
                central_clock_accuracy=0,
            ),
        )
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)


class Link(link.LocalLink):
    """What carries packets between controllers, and what goes wrong with them.

    cut           radio loss on every connection of a controller, now
    cut_after     the same, in the place of the next packet after `packets` more
    out_of_range  carried away: nothing is heard of it until it comes back
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._silent: set[BumbleController] = set()
        self._packets_left: dict[BumbleController, int] = {}

    def cut(self, controller: BumbleController) -> None:
        for connection in list(controller.le_connections.values()):
            self._drop(controller, connection)

    def cut_after(self, controller: BumbleController, packets: int) -> None:
        self._packets_left[controller] = packets

    def is_cut_due(self, controller: BumbleController) -> bool:
        """Whether `cut_after` is still counting."""
        return controller in self._packets_left

    def out_of_range(self, controller: BumbleController, away: bool = True) -> None:
        if away:
            self._silent.add(controller)
            self.cut(controller)
        else:
            self._silent.discard(controller)

    def remove(self, controller: BumbleController) -> None:
        """A radio is switched off for good: its links are cut."""
        controller.host = None
        controller.le_scan_enable = False
        self.cut(controller)
        self.controllers.discard(controller)

    def send_acl_data(
        self,
        sender_controller: BumbleController,
        destination_address: hci.Address,
        transport: core.PhysicalTransport,
        data: bytes,
    ) -> None:
        # Upstream always gives the sender's random address, so a host that connected with its
        # public one, as BlueZ does, is never heard: here it is the address of the connection.
        connection = sender_controller.le_connections.get(destination_address)
        if connection is None:
            return
        receiver = self.find_le_controller(destination_address)
        if receiver is None or connection.self_address not in receiver.le_connections:
            self._drop(sender_controller, connection)
            return
        loop = asyncio.get_running_loop()
        if self._is_cut_now(sender_controller) or self._is_cut_now(receiver):
            # After the packets that are on their way already.
            loop.call_soon(self._drop, sender_controller, connection)
        else:
            loop.call_soon(receiver.on_link_acl_data, connection.self_address, transport, data)

    def send_ll_control_pdu(
        self, sender_address: hci.Address, receiver_address: hci.Address, packet: ll.ControlPdu
    ) -> None:
        receiver = self.find_le_controller(receiver_address)
        # Gone already, or not connected any more: the air carries it to nobody.
        if receiver is not None and sender_address in receiver.le_connections:
            super().send_ll_control_pdu(sender_address, receiver_address, packet)

    def send_advertising_pdu(
        self, sender_controller: BumbleController, packet: ll.AdvertisingPdu
    ) -> None:
        if sender_controller in self._silent:
            return
        for controller in self.controllers - self._silent - {sender_controller}:
            asyncio.get_running_loop().call_soon(controller.on_ll_advertising_pdu, packet)

    def _is_cut_now(self, controller: BumbleController) -> bool:
        left = self._packets_left.get(controller)
        if left is None:
            return False
        self._packets_left[controller] = max(left - 1, 0)
        return left == 0

    def _drop(self, controller: BumbleController, connection: Connection) -> None:
        """Both sides see a supervision timeout."""
        reason = hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR
        self._packets_left.pop(controller, None)
        peer = self.find_le_controller(connection.peer_address)
        back = peer and peer.le_connections.get(connection.self_address)
        controller.on_le_disconnected(connection, reason)
        if peer and back:
            self._packets_left.pop(peer, None)
            peer.on_le_disconnected(back, reason)


class Air:
    """The neighbourhood: one link, the devices on it, and at most one hub."""

    def __init__(self) -> None:
        self.link = Link()
        self._hub: Controller | None = None
        self._server: asyncio.Server | None = None
        self._sockets: set[_HubSocket] = set()

    def attach_hub(self) -> Controller:
        """A controller for the hub. A hub that was attached before is cut off."""
        self.detach_hub()
        self._hub = Controller("hub", self.link)
        return self._hub

    def detach_hub(self, controller: Controller | None = None) -> None:
        """`controller` given: only if it is still that one."""
        if self._hub is not None and controller in (None, self._hub):
            self.link.remove(self._hub)
            self._hub = None

    async def serve(self, port: int = 0) -> int:
        """Let hubs attach over HCI on a loopback TCP port, which is returned."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _HubSocket(self, self._sockets), LOOPBACK, port
        )
        number: int = self._server.sockets[0].getsockname()[1]
        return number

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for socket in list(self._sockets):
            socket.close()
        self.detach_hub()


class _HubSocket(StreamPacketSource):
    """One attached hub: HCI packets to and from its own controller."""

    def __init__(self, air: Air, opened: set["_HubSocket"]) -> None:
        super().__init__()
        self._air = air
        self._opened = opened
        self._controller: Controller | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - create_server gives streams
        self._transport = transport
        self._opened.add(self)
        self._controller = self._air.attach_hub()
        self._controller.host = self
        self.set_packet_sink(self._controller)

    def on_packet(self, packet: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(packet)

    def close(self) -> None:
        self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._opened.discard(self)
        if self._controller is not None:
            self._air.detach_hub(self._controller)
