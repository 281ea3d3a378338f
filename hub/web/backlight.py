"""The light behind the screen, where this machine has one that may be set.

It is made darker, never switched off: a screen that is gone makes the browser leave its mode.
"""

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

SYSFS = Path("/sys/class/backlight")
DAY = "day"
SHARES = {"dim": 0.3, "night": 0.01}  # of the brightest
LEVELS = (DAY, *SHARES)


class Backlight:
    """`setting`: "auto" takes the first that there is, "" none, else the folder of one."""

    def __init__(self, setting: str, sysfs: Path = SYSFS) -> None:
        self._setting = setting
        self._sysfs = sysfs
        self._by_day: int | None = None

    @property
    def is_there(self) -> bool:
        """Looked at anew each time: a screen may be found later than this process started."""
        return self._folder() is not None

    def show(self, level: str) -> None:
        """One of LEVELS; by day what somebody set it to."""
        folder = self._folder()
        if folder is None:
            return
        try:
            self._write(folder, level)
        except (OSError, ValueError) as error:
            log.warning("the screen's light cannot be set: %s", error)

    def _folder(self) -> Path | None:
        if not self._setting:
            return None
        auto = self._setting == "auto"
        folders = sorted(self._sysfs.glob("*")) if auto else [Path(self._setting)]
        return next((one for one in folders if os.access(one / "brightness", os.W_OK)), None)

    def _write(self, folder: Path, level: str) -> None:
        most, now = (int((folder / name).read_text()) for name in ("max_brightness", "brightness"))
        rests = {name: max(1, round(share * most)) for name, share in SHARES.items()}
        if now > max(rests.values()):
            self._by_day = now  # else it rests already, perhaps since before this process
        by_day = self._by_day or most
        (folder / "brightness").write_text(
            str(by_day if level == DAY else min(rests[level], by_day))
        )
