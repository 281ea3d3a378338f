"""Why there is no connection to the broker, in words for the technician.

UplinkError
 ├── ConnectionEnded(ending)        there is no connection, or there is none any more
 └── TooLarge(size, limit)          the broker would not take a packet of this size
"""

import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EndingKind(StrEnum):
    UNREACHABLE = "unreachable"  # no network, no name, nobody listens, no answer
    CERTIFICATE = "certificate"  # TLS refused the other side, or the other side refused ours
    REFUSED = "refused"  # the broker answered, with no
    TAKEN_OVER = "taken_over"  # another process uses our client id
    LOST = "lost"  # it was there and broke
    STOPPED = "stopped"  # we ended it


@dataclass(frozen=True, slots=True)
class Ending:
    """`code` is the MQTT 5 reason code when the broker gave one, or what that of 3.1.1 means."""

    kind: EndingKind
    reason: str
    code: int | None = None

    @property
    def blames_a_message(self) -> bool:
        """The broker closed the connection because of something that we published."""
        return self.code in MESSAGE_FAULTS


class UplinkError(Exception):
    pass


class ConnectionEnded(UplinkError):
    def __init__(self, ending: Ending) -> None:
        super().__init__(f"{ending.kind}: {ending.reason}")
        self.ending = ending


class TooLarge(UplinkError):
    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"{size} bytes, and the broker takes at most {limit}")
        self.size = size
        self.limit = limit


NOT_YET = Ending(EndingKind.UNREACHABLE, "not connected yet")
STOPPED = Ending(EndingKind.STOPPED, "the hub ended the connection")
NO_ANSWER = Ending(
    EndingKind.UNREACHABLE,
    "the server took the call but does not answer as a broker of the MQTT version that is set"
    " ([mqtt] protocol)",
)
NOT_WELCOME = Ending(
    EndingKind.CERTIFICATE, "the server hung up: perhaps it does not accept this hub's certificate"
)
SILENT = Ending(EndingKind.LOST, "the connection broke, or the broker stopped answering")
AGAIN_AND_AGAIN = Ending(
    EndingKind.LOST, "the connection breaks soon after each start: another hub with the same id?"
)

# MQTT 5.0 §2.4. The words say what a technician can do about it, where anything can be done.
REASON_CODES = {
    0x80: "the broker refuses this and does not say why",
    0x81: "the broker could not read a packet of ours",
    0x82: "protocol error",
    0x83: "the broker refuses this for reasons of its own",
    0x84: 'the broker does not speak MQTT 5: set [mqtt] protocol to "3.1.1"',
    0x85: "the broker does not accept this hub id",
    0x86: "wrong user name or password",
    0x87: "not authorised: the broker does not know this hub, or its rules forbid this topic",
    0x88: "the broker is out of service",
    0x89: "the broker is busy",
    0x8A: "this hub is banned at the broker",
    0x8B: "the broker is shutting down",
    0x8D: "the broker heard nothing from the hub for too long",
    0x8E: "another hub uses the same id and took over the session",
    0x90: "the broker refuses the topic name",
    0x93: "the broker says that too much was in flight",
    0x95: "the message is too large for the broker",
    0x96: "the broker says that messages come too fast",
    0x97: "quota exceeded at the broker",
    0x98: "the broker's operator closed the connection",
    0x99: "the broker says that the message is malformed",
    0x9A: "the broker does not keep retained messages",
    0x9B: "the broker does not take messages with delivery confirmed (QoS 1)",
    0x9C: "the broker says: use another server",
    0x9D: "the broker has moved",
    0x9F: "the broker says that we connect too often",
    0xA0: "the broker ended the connection after its longest time",
}
MESSAGE_FAULTS = frozenset({0x81, 0x82, 0x90, 0x95, 0x99})
SESSION_TAKEN_OVER = 0x8E

# OpenSSL's X509_V_ERR_…: the three that a technician can tell apart and mend.
CERTIFICATE_ERRORS = {
    9: "the server's certificate is not valid yet: is the hub's clock right?",
    10: "the server's certificate has expired, or the hub's clock is wrong",
    62: "the server's certificate is for another name",
    64: "the server's certificate is for another address",
}


def own_certificate_expired(at: datetime) -> Ending:
    reason = f"this hub's own certificate expired on {at:%Y-%m-%d}, or its clock is wrong"
    return Ending(EndingKind.CERTIFICATE, reason)


def words(code: int) -> str:
    return REASON_CODES.get(code, f"reason code 0x{code:02X}")


def from_reason_code(code: int, *, connected: bool) -> Ending:
    """The broker said so itself, in CONNACK (`connected` False) or DISCONNECT."""
    if code == SESSION_TAKEN_OVER:
        return Ending(EndingKind.TAKEN_OVER, words(code), code)
    kind = EndingKind.LOST if connected else EndingKind.REFUSED
    return Ending(kind, words(code), code)


def from_error(error: OSError | ValueError) -> Ending:
    """The call could not be made: name, route, port or TLS."""
    match error:
        case ssl.SSLCertVerificationError(verify_code=code):
            unknown = "the server's certificate is not from the authority that this hub trusts"
            return Ending(EndingKind.CERTIFICATE, CERTIFICATE_ERRORS.get(code, unknown))
        case ssl.SSLError(reason=reason):
            return Ending(EndingKind.CERTIFICATE, f"no secure connection: {reason or error}")
        case socket.gaierror():
            return Ending(EndingKind.UNREACHABLE, "the server's name cannot be found: no internet?")
        case ConnectionRefusedError():
            return Ending(EndingKind.UNREACHABLE, "the server is there, but no broker listens")
        case TimeoutError():
            return Ending(EndingKind.UNREACHABLE, "the server does not answer")
        case OSError(strerror=text):
            return Ending(EndingKind.UNREACHABLE, f"the server cannot be reached: {text or error}")
    return Ending(EndingKind.UNREACHABLE, f"the address of the server is unusable: {error}")
