"""What can go wrong between a device and a measurement.

DriverError
├── PayloadError            the bytes are not what the specification says (developer: add a quirk)
│   ├── TruncatedPayload    a field that the flags promise is missing
│   ├── TrailingBytes       octets that no flag announces
│   ├── ReservedBits        a bit that the specification keeps for later is set
│   ├── UnknownResponse     a control point answered with something that is not an answer
│   ├── UnlistedCode        a code whose meaning is not known here
│   ├── BadFrame            a serial frame lacks the marks that its protocol puts in it
│   └── BadChecksum         a serial frame arrived damaged
├── LinkError               the conversation broke (patient: try again)
│   ├── LinkLost            the device went away
│   ├── LinkTimeout         a step took longer than its deadline
│   └── LinkRefused         the device answered "no"
├── ProcedureFailed         the device refused to report its records (technician)
├── ConsentNeeded           the device asks for its own user code (technician)
└── MatchError              no driver can be chosen (technician)
    ├── NoDriver            nothing here reads this device
    └── AmbiguousDriver     two drivers claim it equally
"""


class DriverError(Exception):
    """Base of everything that a driver or a link raises."""


class PayloadError(DriverError):
    """A payload that cannot be decoded; it is kept as it came, in `payload`."""

    def __init__(self, message: str, payload: bytes) -> None:
        super().__init__(f"{message} (payload {payload.hex() or 'empty'})")
        self.payload = payload


class TruncatedPayload(PayloadError):
    def __init__(self, payload: bytes, *, offset: int, needed: int) -> None:
        super().__init__(f"needs {needed} octets at {offset}, has {len(payload) - offset}", payload)
        self.offset = offset
        self.needed = needed


class TrailingBytes(PayloadError):
    def __init__(self, payload: bytes, *, offset: int) -> None:
        super().__init__(f"{len(payload) - offset} octets after the end at {offset}", payload)
        self.offset = offset


class ReservedBits(PayloadError):
    def __init__(self, payload: bytes, *, field: str, bits: int) -> None:
        super().__init__(f"reserved bits {bits:#x} set in {field}", payload)
        self.field = field
        self.bits = bits


class UnknownResponse(PayloadError):
    def __init__(self, payload: bytes, *, code: int, operator: int) -> None:
        super().__init__(f"no answer has op code {code} with operator {operator}", payload)
        self.code = code
        self.operator = operator


class UnlistedCode(PayloadError):
    def __init__(self, payload: bytes, *, field: str, code: int) -> None:
        super().__init__(f"{field} {code} is not known here", payload)
        self.field = field
        self.code = code


class BadFrame(PayloadError):
    def __init__(self, payload: bytes, *, mark: str) -> None:
        super().__init__(f"wrong {mark}", payload)
        self.mark = mark


class BadChecksum(PayloadError):
    def __init__(self, payload: bytes, *, wire: int, calculated: int) -> None:
        super().__init__(f"checksum {wire:#x}, calculated {calculated:#x}", payload)
        self.wire = wire
        self.calculated = calculated


class LinkError(DriverError):
    """The conversation with a device broke at `step`."""

    def __init__(self, step: str, reason: str = "") -> None:
        super().__init__(f"{step}: {reason}" if reason else step)
        self.step = step
        self.reason = reason


class LinkLost(LinkError):
    """The device disconnected or was unplugged in the middle of `step`."""


class LinkTimeout(LinkError):
    def __init__(self, step: str, seconds: float) -> None:
        super().__init__(step, f"no answer within {seconds:g} s")
        self.seconds = seconds


class LinkRefused(LinkError):
    """The device, or the radio below, answered `step` with an error."""


class ProcedureFailed(DriverError):
    """A control point answered with a code other than success."""

    def __init__(self, procedure: str, code: int, meaning: str) -> None:
        super().__init__(f"{procedure} answered {code}: {meaning}")
        self.procedure = procedure
        self.code = code
        self.meaning = meaning


class ConsentNeeded(DriverError):
    """Its memory wants "consent": the code that the device shows for its user `slot`."""

    def __init__(self, slot: str) -> None:
        super().__init__(f"the device asks for the code of its user {slot}")
        self.slot = slot


class MatchError(DriverError):
    """No single driver fits."""


class NoDriver(MatchError):
    def __init__(self, seen: str) -> None:
        super().__init__(f"no driver for {seen}")
        self.seen = seen


class AmbiguousDriver(MatchError):
    def __init__(self, seen: str, candidates: tuple[str, ...]) -> None:
        super().__init__(f"{seen} fits {', '.join(candidates)} equally well")
        self.seen = seen
        self.candidates = candidates
