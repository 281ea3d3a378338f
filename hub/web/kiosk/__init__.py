"""The patient's pages."""

from hub.web.kiosk import (
    check_in,
    copying,
    home,
    how,
    languages,
    measure,
    messages,
    nurse,
    passkey,
    plan,
    readings,
    reminder,
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
    reminder.pages,
    nurse.pages,
    passkey.pages,
    languages.pages,
    setup_door.pages,
)
