"""The patient's pages."""

from hub.web.kiosk import (
    check_in,
    home,
    how,
    languages,
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
    readings.pages,
    how.pages,
    whose.pages,
    messages.pages,
    plan.pages,
    reminder.pages,
    nurse.pages,
    passkey.pages,
    languages.pages,
    setup_door.pages,
)
