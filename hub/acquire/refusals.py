"""What of a connection that fails is interference, and what is a "no".

A device that another host holds, and one that lost its key, look alike from afar: they advertise,
and every connection breaks. Debian's BlueZ (5.66) gives the same words to interference,
"le-connection-abort-by-local", so what is counted is how often, without a single success between.
"""

from collections import Counter
from collections.abc import Callable

from drivers.errors import LinkError, LinkRefused
from hub.acquire.bluez import Known
from hub.acquire.link import BleLink

ABORTS_ARE_A_NO = 5  # connections in a row that came up and broke; interference breaks one or two
FAILURES_ARE_A_NO = 3  # of a device that was heard right before each
REMEMBERED_AT_MOST = 64

# BlueZ src/error.h, src/device.c: what it answers where it can tell.
NO_SUCH_KEY = ("key-missing", "AuthenticationFailed", "AuthenticationCanceled")


class SeenButRefuses(LinkRefused):
    """It advertises and lets nobody in: another host has it, such as its maker's app on a phone."""

    def __init__(self, address: str) -> None:
        super().__init__("connect", f"{address} is heard, and does not let the hub in")


class KeyRefused(LinkRefused):
    """It does not know the key any more that BlueZ has for it. A time-out is never a sign of it."""


class Refusals:
    """Between sessions: who failed how often, and whose key was refused in its last session."""

    def __init__(self) -> None:
        self._failures: Counter[str] = Counter()
        self._wanting_key: set[str] = set()

    def check(self, known: Known | None) -> None:
        """Before connecting. Raises KeyRefused."""
        if known is not None and known.paired and known.address in self._wanting_key:
            self._wanting_key.discard(known.address)
            raise KeyRefused("connect", "it refused the key in its last session")

    def aborts(self, address: str, known: Known | None, link: BleLink) -> Callable[[], None]:
        """To be called for each connection that breaks while `link` is being opened."""
        aborts = 0

        def aborted() -> None:
            nonlocal aborts
            aborts += 1
            if aborts == ABORTS_ARE_A_NO:
                refused = KeyRefused("connect", "it hangs up on the key that BlueZ has for it")
                link.lost(refused if known and known.paired else SeenButRefuses(address))

        return aborted

    def understood(self, address: str, known: Known | None, error: LinkError) -> LinkError:
        """What an error while connecting means."""
        if isinstance(error, KeyRefused | SeenButRefuses) or error.step != "connect":
            return error
        if known and known.paired and any(words in error.reason for words in NO_SUCH_KEY):
            return KeyRefused("connect", error.reason)
        if len(self._failures) >= REMEMBERED_AT_MOST and address not in self._failures:
            del self._failures[next(iter(self._failures))]
        self._failures[address] += 1
        often = self._failures[address] >= FAILURES_ARE_A_NO
        return SeenButRefuses(address) if often else error

    def connected(self, address: str) -> None:
        self._failures.pop(address, None)

    def ended(self, address: str, link: BleLink) -> None:
        """A session is over; only a device of ours gets that far, so the set stays small."""
        if link.bonded and link.wants_key:
            self._wanting_key.add(address)
