"""sd_notify(3) and the watchdog's interval. Nothing happens where systemd did not start us.

A module of its own, without asyncio, because the web process needs it too and should stay small.
"""

import os
import socket


def notify(state: str) -> None:
    """ "READY=1", "WATCHDOG=1", "STOPPING=1"."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # the abstract namespace
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.sendto(state.encode(), address)


def watchdog_interval_s() -> float:
    """How often to feed: a third of what systemd allows, 20 s where it does not watch."""
    return int(os.environ.get("WATCHDOG_USEC", "60000000")) / 3_000_000
