"""How long something that the hub noted is still so."""

from datetime import datetime, timedelta
from typing import Any

from hub.clock import Moment


def left_s(note: Any, moment: Moment) -> float:
    """Of a join window, or a device that waits for its number. 0 when it is over.

    Monotonic time counts where the hub runs in the same boot.
    """
    if not isinstance(note, dict):
        return 0.0
    if note.get("boot_id") == moment.boot_id:
        return max(0.0, (int(note["until_mono_ms"]) - moment.mono_ms) / 1000)
    until = datetime.fromisoformat(note["until"])
    return max(0.0, (until - moment.wall) / timedelta(seconds=1))
