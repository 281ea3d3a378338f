"""`hub models`: which devices the hub knows by name, as the table of docs/devices.md."""

from collections.abc import Iterator
from typing import TextIO

from drivers.catalogue import Bond, Model, Pairing, Proof, models

HEAD = "| Maker | Model | Driver | Joins by | Tried against |\n|---|---|---|---|---|"
JOINS = {
    Pairing.NONE: "no pairing",
    Pairing.JUST_WORKS: "pairing mode",
    Pairing.PASSKEY_ON_HUB: "passkey shown by the hub",
    Pairing.PASSKEY_ON_DEVICE: "passkey shown by the device",
    Pairing.CABLE: "cable or serial port",
}
TRIED = {
    Proof.DEVICE: "a device",
    Proof.CAPTURE: "recorded octets",
    Proof.DOCUMENT: "documented octets",
}


def run(out: TextIO) -> int:
    for line in table():
        out.write(f"{line}\n")
    return 0


def table() -> Iterator[str]:
    """Markdown, in the order of maker and model."""
    yield from HEAD.splitlines()
    for model in sorted(models(), key=lambda it: (it.maker.casefold(), it.name.casefold())):
        yield f"| {' | '.join(_cells(model))} |"


def _cells(model: Model) -> Iterator[str]:
    yield model.maker
    yield model.name
    yield f"`{model.driver}`" + (f" ({', '.join(model.quirks)})" if model.quirks else "")
    yield JOINS[model.pairing] + (", each time" if model.bond is Bond.PER_SESSION else "")
    yield TRIED[model.proof]
