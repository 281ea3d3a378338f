"""The models that municipalities lend out, and how each differs from its driver's protocol.

The list itself is data: catalogue.toml, one table for each model, with the source of every oddity.
A device that is in no catalogue is read all the same, by the driver that its services name.
"""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files

from drivers.contract import Advertisement
from drivers.errors import AmbiguousDriver
from drivers.measurement import DeviceInfo


class Pairing(StrEnum):
    """What joining asks of a person."""

    NONE = "none"  # it never bonds
    JUST_WORKS = "just-works"
    PASSKEY_ON_HUB = "passkey-on-hub"  # typed into the device
    PASSKEY_ON_DEVICE = "passkey-on-device"  # typed into the hub
    CABLE = "cable"


class Bond(StrEnum):
    """What becomes of a bond after the session."""

    KEPT = "kept"
    PER_SESSION = "per-session"  # the device forgets it, so the hub must as well


class Proof(StrEnum):
    """What the driver was tried against for this model."""

    DEVICE = "device"
    CAPTURE = "capture"  # octets recorded from one
    DOCUMENT = "document"  # octets as its maker or others describe them


class Shape(StrEnum):
    """What it looks like: which drawing and which words help."""

    CUFF = "cuff"
    SCALE = "scale"
    THERMOMETER = "thermometer"
    OXIMETER = "oximeter"
    GLUCOSE_METER = "glucose-meter"
    GLUCOSE_SENSOR = "glucose-sensor"
    SPIROMETER = "spirometer"
    HEART_RATE_STRAP = "heart-rate-strap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One product.

    id             stored with the device for ever, so never renamed
    driver         id of the driver that reads it
    advertised     how its Bluetooth name begins, where it has one
    numbers        how its Model Number String (0x2A24) begins, where it has one
    quirks         of those that its driver knows
    passkey_stays  the passkey on it is always the same, so the hub may answer with it later
    source         where all this comes from
    """

    id: str
    maker: str
    name: str
    shape: Shape
    driver: str
    pairing: Pairing
    proof: Proof
    source: str
    bond: Bond = Bond.KEPT
    advertised: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()
    passkey_stays: bool = False

    def strength(self, seen: Advertisement, info: DeviceInfo | None) -> int:
        """How much of a name fits, in letters; 0 when nothing does."""
        number = (info and info.model) or ""
        found = [one for one in self.advertised if (seen.name or "").startswith(one)]
        found += [one for one in self.numbers if number.startswith(one)]
        return max(map(len, found), default=0)


@cache
def models() -> tuple[Model, ...]:
    """In the order of the file."""
    tables = tomllib.loads((files("drivers") / "catalogue.toml").read_text("utf-8"))
    return tuple(_model(identifier, table) for identifier, table in tables.items())


def by_id(identifier: str | None) -> Model | None:
    """The model with this stored id, where the catalogue (still) has it."""
    return next((model for model in models() if model.id == identifier), None)


@lru_cache(maxsize=256)  # what a central service may write has no end
def called(name: str) -> Model | None:
    """The model that people call so; None when there is none, or more than one."""
    wanted = name.casefold()
    found = [
        model
        for model in models()
        if wanted in (model.id, model.name.casefold(), f"{model.maker} {model.name}".casefold())
    ]
    return found[0] if len(found) == 1 else None


def find(seen: Advertisement, info: DeviceInfo | None = None) -> Model | None:
    """Which model advertises so, and says that of itself; None for one that nobody listed.

    The longest name wins; raises AmbiguousDriver when two are equally long.
    """
    ranked = [(model.strength(seen, info), model) for model in models()]
    best = max((strength for strength, _ in ranked), default=0)
    if not best:
        return None
    fitting = [model for strength, model in ranked if strength == best]
    if len(fitting) > 1:
        raise AmbiguousDriver(seen.name or seen.address, tuple(model.id for model in fitting))
    return fitting[0]


def _model(identifier: str, table: dict[str, object]) -> Model:
    """Raises TypeError or ValueError for a table with a wrong member: a fault of ours."""
    words: dict[str, type[StrEnum]] = {
        "shape": Shape,
        "pairing": Pairing,
        "proof": Proof,
        "bond": Bond,
    }
    members = {
        name: words[name](str(value))
        if name in words
        else tuple(value)
        if isinstance(value, list)
        else value
        for name, value in table.items()
    }
    return Model(id=identifier, **members)  # type: ignore[arg-type]  # checked by its test
