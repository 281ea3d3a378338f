"""What differs between the two versions of MQTT that the hub speaks (`[mqtt] protocol`).

MQTT 3.1.1 has no properties, so a message's id stands in its payload only, nothing travels
compressed, the Will comes at once, and how long a session is kept is the broker's own affair.
"""

from typing import Literal, Protocol

from hub.uplink import properties
from hub.uplink.envelope import MAXIMUM_BYTES, Encoding, Publication, compressed

SESSION_EXPIRY_S = 30 * 24 * 3600
WILL_DELAY_S = 45
RECEIVE_MAXIMUM = 10

Version = Literal["5", "3.1.1"]


class Dialect(Protocol):
    """`level` as in CONNECT (§3.1.2.2 of both versions)."""

    level: int

    def pack(self, body: bytes) -> tuple[bytes, Encoding]:
        """A bundle as it travels."""

    def session(self) -> bytes | None:
        """Encoded properties of CONNECT; None, here and below: there are none."""

    def will(self, publication: Publication) -> bytes | None: ...
    def message(self, publication: Publication) -> bytes | None: ...


class Mqtt5:
    level = 5

    def pack(self, body: bytes) -> tuple[bytes, Encoding]:
        return compressed(body)

    def session(self) -> bytes:
        return properties.of_session(
            expiry_s=SESSION_EXPIRY_S,
            receive_maximum=RECEIVE_MAXIMUM,
            maximum_bytes=MAXIMUM_BYTES,
        )

    def will(self, publication: Publication) -> bytes:
        return properties.encoded(publication, will_delay_s=WILL_DELAY_S)

    def message(self, publication: Publication) -> bytes:
        return properties.encoded(publication)


class Mqtt311:
    level = 4

    def pack(self, body: bytes) -> tuple[bytes, Encoding]:
        return body, "identity"

    def session(self) -> None:
        return None

    def will(self, publication: Publication) -> None:
        return None

    def message(self, publication: Publication) -> None:
        return None


DIALECTS: dict[Version, Dialect] = {"5": Mqtt5(), "3.1.1": Mqtt311()}
