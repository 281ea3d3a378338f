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
    left_s = join_window_left_s(books().ledger.state("join_window"), now())
    if left_s:
        return gettext("Boksen leter etter nye apparater.")
    if parts().gate.is_open:
        return gettext("En tekniker kan stille inn boksen nå.")
    return None


def join_window_left_s(window: Any, moment: Moment) -> float:
    """Monotonic time counts where the hub runs in the same boot."""
    if not isinstance(window, dict):
        return 0.0
    if window.get("boot_id") == moment.boot_id:
        return max(0.0, (int(window["until_mono_ms"]) - moment.mono_ms) / 1000)
    until = datetime.fromisoformat(window["until"])
    return max(0.0, (until - moment.wall) / timedelta(seconds=1))
