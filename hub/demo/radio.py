"""The hub's side of the virtual air: what stands in for BlueZ when `ble.radio` is not "system".

A spec is a Bumble transport to a controller, such as "tcp-client:127.0.0.1:9000". Bonds are kept in
`bonds.json` under the state directory, so a restarted hub still has them.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.hci import Address
from bumble.host import Host
from bumble.keys import JsonKeyStore
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport import open_transport
from bumble.transport.common import (
    AsyncPipeSink,
    StreamPacketSink,
    TransportSink,
    TransportSource,
)

from hub.demo.air import Air
from hub.demo.bleak_on_bumble import backends

RANDOM_ADDRESS = "C0:00:00:00:00:01"
BONDS = "bonds.json"

Backends = tuple[type[BaseBleakScanner], type[BaseBleakClient]]
AskPasskey = Callable[[str], Awaitable[int | None]]
"""Address of the device → the six digits on its display; None refuses."""


async def open_radio(spec: str, state_dir: Path, ask_passkey: AskPasskey | None = None) -> Backends:
    """Attach to the air at `spec`. OSError when nobody listens there."""
    transport = await open_transport(spec)
    return backends(await _power_on(transport.source, transport.sink, state_dir, ask_passkey))


async def attach_radio(
    air: Air, state_dir: Path, ask_passkey: AskPasskey | None = None
) -> Backends:
    """The same inside one event loop."""
    controller = air.attach_hub()
    return backends(await _power_on(controller, AsyncPipeSink(controller), state_dir, ask_passkey))


async def close_radio(radio: Backends) -> None:
    """Switch it off; the air cuts its links."""
    device: Device = radio[0].radio  # type: ignore[attr-defined]
    await device.power_off()
    if isinstance(device.host.hci_sink, StreamPacketSink):
        device.host.hci_sink.close()


async def _power_on(
    source: TransportSource, sink: TransportSink, state_dir: Path, ask_passkey: AskPasskey | None
) -> Device:
    device = Device(
        host=Host(source, sink),
        config=DeviceConfiguration(name="hub", address=Address(RANDOM_ADDRESS)),
    )
    device.keystore = JsonKeyStore(namespace="hub", filename=str(state_dir / BONDS))

    def pairing(connection: Connection) -> PairingConfig:
        delegate = _Delegate(str(connection.peer_address), ask_passkey)
        return PairingConfig(mitm=ask_passkey is not None, delegate=delegate)

    device.pairing_config_factory = pairing
    await device.power_on()
    return device


class _Delegate(PairingDelegate):
    """Just Works, or the passkey typed from the device's display where somebody can be asked."""

    def __init__(self, address: str, ask_passkey: AskPasskey | None) -> None:
        capability = PairingDelegate.IoCapability.NO_OUTPUT_NO_INPUT
        if ask_passkey is not None:
            capability = PairingDelegate.IoCapability.KEYBOARD_INPUT_ONLY
        super().__init__(capability)
        self._address = address
        self._ask_passkey = ask_passkey

    async def get_number(self) -> int | None:
        return None if self._ask_passkey is None else await self._ask_passkey(self._address)
