"""The patient's pages."""

from hub.web.kiosk import (
    check_in,
    copying,
    home,
    how,
    languages,
    listen,
    measure,
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
    copying.pages,
    readings.pages,
    how.pages,
    measure.pages,
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
