"""What hub.toml can say of a wired device."""

from pathlib import Path

import msgspec
import pytest

from hub.settings import SerialPort


def port(**members: object) -> SerialPort:
    return msgspec.convert(
        {"driver": "nonin", **members}, SerialPort, dec_hook=lambda _, x: Path(x)
    )


def test_a_port_is_a_path_or_a_bluetooth_address() -> None:
    assert port(path="/dev/ttyUSB0").where == Path("/dev/ttyUSB0")
    radio = port(bluetooth="00:1C:05:01:02:03")
    assert (radio.where, radio.channel) == ("00:1C:05:01:02:03", 1)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"path": "/dev/ttyUSB0", "bluetooth": "00:1C:05:01:02:03"},
        {"bluetooth": "00:1c:05:01:02:03"},
        {"bluetooth": "00:1C:05:01:02"},
        {"bluetooth": "00:1C:05:01:02:03", "channel": 0},
        {"bluetooth": "00:1C:05:01:02:03", "channel": 31},
    ],
)
def test_what_is_not_a_port(members: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        port(**members)
