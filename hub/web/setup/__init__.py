"""The technician's pages."""

from hub.web.setup import connection, devices, door, health, joining, outcome, version

PAGES = (
    door.pages,
    devices.pages,
    joining.pages,
    connection.pages,
    health.pages,
    outcome.pages,
    version.pages,
)
