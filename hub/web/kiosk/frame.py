"""What stands around every patient page: the emergency line, what the hub is doing now, how the
page is heard, and when the screen rests."""

from typing import Any

from hub.web import passkey
from hub.web.countdown import left_s
from hub.web.kiosk import listen
from hub.web.kiosk.screen import backlight
from hub.web.kiosk.status import cannot_save
from hub.web.language import gettext
from hub.web.night import night
from hub.web.parts import books, now, parts


def frame() -> dict[str, Any]:
    return {
        "emergency": parts().settings.web.emergency_text,
        "notice": notice(),
        "listen": listen.name(),
        "night": night(books(), now()),
        "backlight": backlight().is_there,
    }


def emergency_line() -> str:
    number = parts().settings.web.emergency_text
    return gettext("Denne skjermen følges ikke hele tiden. Ring %(number)s.") % {"number": number}


def notice() -> str | None:
    """A disk that takes nothing, then what waits for somebody, a join window, setup pages."""
    if (words := cannot_save(books(), parts().settings.web.support_phone)) is not None:
        return words
    if passkey.wanted(books(), now()):
        return gettext("Et apparat venter på et tall. Trykk Hjem.")
    if left_s(books().ledger.state("join_window"), now()):
        return gettext("Boksen leter etter nye apparater.")
    if parts().gate.is_open:
        return gettext("En tekniker kan stille inn boksen nå.")
    return None
