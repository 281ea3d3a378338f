"""Where each Omron cuff keeps its measurements: data, not code.

Source of every address: eigger/hass-omron@d6758ed device_catalog.py, in part also userx14/omblepy
@708c13e deviceSpecific/*. Only layouts that one of the two calls tried on a cuff, and the models
that share them by the same table. A model that stands here is found by how its Model Number
String (0x2A24) begins, or by its row in the catalogue, which names a layout as a quirk.
"""

from dataclasses import dataclass
from enum import Enum

from drivers.vendor.omron_records import LONG_CLOCK, SHORT_CLOCK, ByteOrder


class Unlock(Enum):
    """What a cuff wants before it shows its memory."""

    NOTHING = "nothing"
    TOKEN = "token"  # noqa: S105  four octets that it sends back
    KEY = "key"  # sixteen octets that it was given in pairing mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Addresses are of octets.

    users     where each user's ring of records begins
    slots     of each ring
    size      of a record
    block     the most that one read may ask for
    settings  where the settings begin: first where each ring is written next, later the clock
    clock     offset and length of the clock in the settings
    cursors   how the words at the beginning of the settings are stored, where not as the records
    """

    numbers: tuple[str, ...]
    order: ByteOrder
    unlock: Unlock
    users: tuple[int, ...]
    slots: int
    size: int
    block: int
    settings: int
    clock: tuple[int, int]
    cursors: ByteOrder | None = None

    @property
    def together(self) -> int:
        """How many records one read brings."""
        return max(1, self.block // self.size)


OLD_CLOCK = (0x14, SHORT_CLOCK)
CLOCK = (0x2C, LONG_CLOCK)

LAYOUTS: dict[str, Layout] = {
    "hem-6161t": Layout(
        numbers=("HEM-6161T",),
        order="big",
        unlock=Unlock.KEY,
        users=(0x02E8,),
        slots=30,
        size=14,
        block=0x10,
        settings=0x0260,
        clock=CLOCK,
    ),
    "hem-6232t": Layout(
        numbers=("HEM-6232T", "HEM-6233T"),
        order="big",
        unlock=Unlock.KEY,
        users=(0x02E8, 0x0860),
        slots=100,
        size=14,
        block=0x2C,
        settings=0x0260,
        clock=CLOCK,
    ),
    "hem-7142t2": Layout(
        numbers=("HEM-7140T1", "HEM-7141T1", "HEM-7142T1", "HEM-7142T2"),
        order="little",
        unlock=Unlock.TOKEN,
        users=(0x02E8,),
        slots=14,
        size=14,
        block=0x2C,
        settings=0x0260,
        clock=CLOCK,
    ),
    "hem-7146t": Layout(
        numbers=("HEM-7143T1", "HEM-7143T2", "HEM-7144T1", "HEM-7144T2", "HEM-7146T2"),
        order="little",
        unlock=Unlock.NOTHING,
        users=(0x02E8,),
        slots=30,
        size=14,
        block=0x2C,
        settings=0x0260,
        clock=CLOCK,
    ),
    "hem-716bt2": Layout(
        numbers=("HEM-7149T2", "HEM-716BT2", "HEM-716CT2"),
        order="little",
        unlock=Unlock.TOKEN,
        users=(0x02E8,),
        slots=30,
        size=14,
        block=0x2C,
        settings=0x0260,
        clock=CLOCK,
    ),
    "hem-7150t": Layout(
        numbers=("HEM-7150T", "HEM-7153T_", "HEM-7156T"),
        order="little",
        unlock=Unlock.KEY,
        users=(0x0098,),
        slots=60,
        size=16,
        block=0x10,
        settings=0x0010,
        clock=CLOCK,
    ),
    "hem-7151t": Layout(
        numbers=("HEM-7151T",),
        order="little",
        unlock=Unlock.KEY,
        users=(0x0098,),
        slots=80,
        size=16,
        block=0x10,
        settings=0x0010,
        clock=CLOCK,
    ),
    "hem-7155t": Layout(
        numbers=(
            *("HEM-7155T-ALRU", "HEM-7155T-D", "HEM-7155T-EBK", "HEM-7155T-EBL", "HEM-7155T_AP"),
            *("HEM-7155T_ASH3", "HEM-7155T_ESL", "HEM-7340T-", "HEM-7341T-"),
        ),
        order="little",
        unlock=Unlock.KEY,
        users=(0x0098, 0x0458),
        slots=60,
        size=16,
        block=0x10,
        settings=0x0010,
        clock=CLOCK,
    ),
    "hem-7188t1": Layout(
        numbers=("HEM-7183T1", "HEM-7188T1"),
        order="little",
        unlock=Unlock.TOKEN,
        users=(0x01C4,),
        slots=30,
        size=16,
        block=0x38,
        settings=0x0010,
        clock=CLOCK,
    ),
    "hem-7320t": Layout(
        numbers=("HEM-7320T",),
        order="little",
        unlock=Unlock.KEY,
        users=(0x02AC, 0x05F4),
        slots=60,
        size=14,
        block=0x2C,
        settings=0x0260,
        clock=OLD_CLOCK,
        cursors="big",
    ),
    "hem-7322t": Layout(
        numbers=(
            *("HEM-7280T", "HEM-7281T", "HEM-7282T", "HEM-7321T"),
            *("HEM-7322T",),
        ),
        order="big",
        unlock=Unlock.KEY,
        users=(0x02AC, 0x0824),
        slots=100,
        size=14,
        block=0x2C,
        settings=0x0260,
        clock=OLD_CLOCK,
    ),
    "hem-7361t": Layout(
        numbers=(
            *("HEM-7342T", "HEM-7343T", "HEM-7344T", "HEM-7346T", "HEM-7347T"),
            *("HEM-7349T", "HEM-7361T"),
        ),
        order="little",
        unlock=Unlock.KEY,
        users=(0x0098, 0x06D8),
        slots=100,
        size=16,
        block=0x10,
        settings=0x0010,
        clock=CLOCK,
    ),
    "hem-7380t1": Layout(
        numbers=("HEM-7380T", "HEM-7383T1", "HEM-7384T1"),
        order="little",
        unlock=Unlock.TOKEN,
        users=(0x01C4, 0x0804),
        slots=100,
        size=16,
        block=0x38,
        settings=0x0010,
        clock=CLOCK,
    ),
    "hem-7382t1": Layout(
        numbers=("HEM-7381T1", "HEM-7382T1", "HEM-7386T1", "HEM-7388T1"),
        order="little",
        unlock=Unlock.TOKEN,
        users=(0x080C, 0x0E4C),
        slots=100,
        size=16,
        block=0x38,
        settings=0x0010,
        clock=(0x30, LONG_CLOCK),
    ),
    "hem-7530t": Layout(
        numbers=("HEM-7530T",),
        order="big",
        unlock=Unlock.KEY,
        users=(0x02E8,),
        slots=90,
        size=14,
        block=0x10,
        settings=0x0260,
        clock=CLOCK,
    ),
    "hem-7600t": Layout(
        numbers=("HEM-7270C", "HEM-7600T"),
        order="big",
        unlock=Unlock.KEY,
        users=(0x02AC,),
        slots=100,
        size=14,
        block=0x2C,
        settings=0x0260,
        clock=OLD_CLOCK,
    ),
}


def layout_of(model_number: str) -> Layout | None:
    """The layout whose longest name begins the number; None for a model that nobody described."""
    ranked = [
        (len(name), layout)
        for layout in LAYOUTS.values()
        for name in layout.numbers
        if model_number.startswith(name)
    ]
    return max(ranked, key=lambda one: one[0])[1] if ranked else None
