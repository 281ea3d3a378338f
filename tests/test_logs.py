"""The log may leave the house, so an exception's own words stay in it."""

import logging

from hub.logs import FORMAT, Discreet

MEASURED = "118 mmHg"


def logged(error: BaseException) -> str:
    try:
        raise error
    except BaseException as raised:  # noqa: BLE001 - a group may hold any
        record = logging.LogRecord(
            "hub",
            logging.ERROR,
            __file__,
            1,
            "%s failed",
            ("uplink",),
            (type(raised), raised, None),
        )
        return Discreet(FORMAT).format(record)


def test_says_the_kind_and_the_place() -> None:
    said = logged(ValueError(MEASURED))
    assert said.startswith("ERROR hub: uplink failed\n")
    assert said.endswith("\nValueError")
    assert "in logged" in said
    assert "118" not in said


def test_of_causes_and_of_groups_too() -> None:
    cause = KeyError(MEASURED)
    error = ExceptionGroup(MEASURED, [TypeError(MEASURED)])
    error.__cause__ = cause
    said = logged(error)
    for kind in ("KeyError", "ExceptionGroup", "TypeError"):
        assert f"{kind}\n" in f"{said}\n"
    assert "118" not in said
