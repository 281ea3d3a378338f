"""What stands around every patient page: the emergency line, and what the hub is doing now."""

from datetime import datetime, timedelta
from typing import Any

from hub.clock import Moment
from hub.web.language import gettext
from hub.web.parts import books, now, parts


def frame() -> dict[str, Any]:
    return {"emergency": parts().settings.web.emergency_text, "notice": notice()}


def notice() -> str | None:
    """A join window that is open, and setup pages that are: nobody should wonder about them."""
    if left_s(books().ledger.state("join_window"), now()):
        return gettext("Boksen leter etter nye apparater.")
    if parts().gate.is_open:
        return gettext("En tekniker kan stille inn boksen nå.")
    return None


def left_s(note: Any, moment: Moment) -> float:
    """How long what the hub noted is still so (a join window, a device that waits for its number).

    Monotonic time counts where the hub runs in the same boot.
    """
    if not isinstance(note, dict):
        return 0.0
    if note.get("boot_id") == moment.boot_id:
        return max(0.0, (int(note["until_mono_ms"]) - moment.mono_ms) / 1000)
    until = datetime.fromisoformat(note["until"])
    return max(0.0, (until - moment.wall) / timedelta(seconds=1))
