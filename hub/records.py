"""The rows that the rooms hand to each other: plain, frozen, without behaviour of their own."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from drivers.measurement import DeviceInfo, Measurement
from hub.clock import Moment


class Device(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A device of this patient, as kept in the documents.

    key         the PHD guide's device key: 16 hexadecimal digits of the System ID, else 12 of the
                address; a serial device has 16 made from its port; the last part of its MQTT topic
    address     Bluetooth identity address, or the stable path of a serial port
    user_index  the user slot in the device that is this patient's; None = everybody's
    model       its id in drivers/catalogue.toml, where it was recognised
    memory      what its driver learned in earlier sessions
    lent_since  what it measured before then is somebody else's; None = not known
    """

    key: str
    address: str
    transport: Literal["ble", "serial"]
    driver: str
    name: str
    info: DeviceInfo = DeviceInfo()
    user_index: int | None = None
    model: str | None = None
    memory: dict[str, str] = {}
    lent_since: datetime | None = None
    joined_at: datetime


class KitItem(msgspec.Struct, frozen=True, kw_only=True):
    """A device lent to this home, as the central service lists it.

    user_index  the patient's slot in a device that knows several people
    consent     the code of that slot (User Data Service)
    lent_since  what the device measured before then is of whoever had it
    """

    model: str = ""
    address: str | None = None
    serial: str | None = None
    name: str | None = None
    user_index: int | None = None
    consent: str | int | None = None
    lent_since: Annotated[datetime, Meta(tz=True)] | None = None


class Kit(msgspec.Struct, frozen=True):
    """The desired `devices` document, `dho.devices/1.0`; without one, nothing is lent."""

    schema: str = ""
    version: str = ""
    devices: tuple[KitItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Reception:
    """The session around a measurement: which device, which connection, which clocks.

    session         one connection; the unit of a bundle
    clock_offset_s  hub clock minus device clock at connect; None when it cannot be read
    live            taken in this moment, not from the device's memory
    """

    device_key: str
    driver: str
    session: str
    received: Moment
    clock_offset_s: float | None
    live: bool


class Whose(StrEnum):
    """Whose a measurement is, as far as the device itself can tell."""

    PATIENT = "patient"
    ANOTHER = "another"  # another user slot of the device than this patient's
    UNKNOWN = "unknown"  # the device knows several people, and not which of them this was


@dataclass(frozen=True, slots=True)
class Kept:
    """A measurement in the ledger. `id` is the same for every delivery of the same record.

    disowned  it is not the patient's, or nobody has said yet whose it is
    namesake  an earlier one of the device bears the same time; known of what goes into a bundle
    """

    id: str
    number: int
    measurement: Measurement
    reception: Reception
    disowned: bool = False
    namesake: bool = False


class Task(StrEnum):
    """What a person must do before a device works again. The words are the pages'."""

    BOND_LOST = "bond-lost"  # it does not know the hub any more: pair it anew
    HELD_BY_PHONE = "held-by-phone"  # it is heard, and lets nobody in
    CLOCK_LOST = "clock-lost"  # it forgot the date, and the hub could not set it
    CONSENT_NEEDED = "consent-needed"  # it wants its own user number and code
    PASSKEY_NEEDED = "passkey-needed"  # it showed a number, and nobody typed it in


class Step(StrEnum):
    """The four steps that a patient sees."""

    SAVED = "saved"
    SENT = "sent"
    RECEIVED = "received"
    SEEN = "seen"


class OutboxKind(StrEnum):
    """Also the last part of the topic `up/fhir/…`."""

    OBSERVATION = "observation"
    QUESTIONNAIRE_RESPONSE = "questionnaireresponse"
    ALERT = "alert"


class OutboxState(StrEnum):
    DUE = "due"
    DEFERRED = "deferred"
    ACKNOWLEDGED = "acknowledged"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Due:
    """A row that should leave. `id` and `body` are None until it is sealed (§ I3)."""

    seq: int
    kind: OutboxKind
    id: str | None
    body: bytes | None
    created: Moment
    attempts: int


@dataclass(frozen=True, slots=True)
class Parked:
    """A row that cannot be sent, with the reason that the technician sees."""

    seq: int
    kind: OutboxKind
    id: str | None
    reason: str
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    waiting: int
    parked: int
    oldest_at: datetime | None


class Obstacle(StrEnum):
    """Why nothing can be kept at this moment."""

    FAULT = "fault"  # the disk has failed, or its file system is read-only now
    FULL = "full"


class Source(StrEnum):
    """Who gave the answers of a check-in."""

    PATIENT = "patient"
    KIN = "kin"
    NURSE = "nurse"  # who was in the home


class SkipReason(StrEnum):
    """Why a measurement of the plan is not taken this time."""

    UNWELL = "unwell"
    DEVICE = "device"  # it does not work, or it is not there
    LATER = "later"
    OTHER = "other"


class JournalKind(StrEnum):
    """What the web process can say. Each has a JSON object as its body."""

    ANSWER = "answer"  # check_in, questionnaire, link_id, answer: FHIR value[x] object or null
    CHECK_IN_STOPPED = "check_in_stopped"  # check_in
    # check_in, questionnaire, item: answered items; source: who answered, a `Source`
    CHECK_IN_COMPLETED = "check_in_completed"
    CHECK_IN_UNDONE = "check_in_undone"  # check_in that was completed; into: the one that goes on
    MESSAGE_READ = "message_read"  # message
    MESSAGE_REPLIED = "message_replied"  # message, reply: as it was offered
    REMINDER_POSTPONED = "reminder_postponed"  # task, at: of its occasion; minutes
    MEASUREMENT_SKIPPED = "measurement_skipped"  # task, day, time; reason: a `SkipReason`
    NOT_ME = "not_me"  # measurement
    THIS_WAS_ME = "this_was_me"  # measurement
    HELP_REQUESTED = "help_requested"
    LANGUAGE = "language"  # language
    OPEN_JOIN_WINDOW = "open_join_window"
    CLOSE_JOIN_WINDOW = "close_join_window"
    JOIN = "join"  # address
    REMOVE_DEVICE = "remove_device"  # device_key
    RENAME_DEVICE = "rename_device"  # device_key, name
    REPLACE_DEVICE = "replace_device"  # device_key of the one that goes when another has joined
    PASSKEY = "passkey"  # address, passkey: six digits, as the device shows them
    CONSENT = "consent"  # device_key, user_index, consent: as the device shows them
    RECORD_SESSION = "record_session"  # device_key
    TEST_CONNECTION = "test_connection"
    TRUST_CLOCK = "trust_clock"  # the technician says that the time is right
    SEND_AGAIN = "send_again"  # seq of a parked row
    SETUP_OPENED = "setup_opened"  # by: for the record
    SETUP_LOGIN = "setup_login"  # ok: for the record


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the journal."""

    number: int
    kind: JournalKind
    body: dict[str, Any]
    written: Moment


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the hub did with a journal row that asked for something."""

    ok: bool
    detail: str = ""
    data: dict[str, Any] = field(default_factory=dict)
