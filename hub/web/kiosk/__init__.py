"""The patient's pages."""

from hub.web.kiosk import (
    check_in,
    home,
    how,
    languages,
    listen,
    messages,
    nurse,
    passkey,
    plan,
    readings,
    screen,
    setup_door,
    version,
    whose,
)

PAGES = (
    home.pages,
    version.pages,
    check_in.pages,
    readings.pages,
    how.pages,
    whose.pages,
    messages.pages,
    plan.pages,
    nurse.pages,
    passkey.pages,
    languages.pages,
    listen.pages,
    screen.pages,
    setup_door.pages,
)
