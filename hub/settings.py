"""config/hub.toml → frozen structs. Unknown keys are refused, so a typing error is never silent."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Port = Annotated[int, Meta(ge=0, le=65535)]
Seconds = Annotated[float, Meta(gt=0)]
BluetoothAddress = Annotated[str, Meta(pattern="^[0-9A-F]{2}(:[0-9A-F]{2}){5}$")]
Eui64 = Annotated[str, Meta(pattern="^[0-9A-F]{16}$")]


class SettingsError(Exception):
    """The settings file cannot be used; `path` and `reason` say where and why (technician)."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Hub(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Eui64
    serial: str = ""
    state_dir: Path = Path("/var/lib/hjemmehub")
    key_file: Path | None = None
    timezone: str = "Europe/Oslo"
    language: Literal["nb", "nn", "se", "en"] = "nb"

    @property
    def key_path(self) -> Path:
        """The data key, unless systemd passes one."""
        return self.key_file or self.state_dir / "data.key"


class Patient(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The pseudonym under which the central service knows this patient. Never a name or number."""

    system: str
    value: str


class Mqtt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    host: str
    port: Port = 8883
    tenant: Annotated[str, Meta(pattern="^[0-9A-Za-z]+$")]
    tls: bool = True
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    keepalive_s: Annotated[int, Meta(ge=5, le=3600)] = 60
    retry_max_s: Annotated[float, Meta(ge=1, le=3600)] = 300.0
    protocol: Literal["5", "3.1.1"] = "5"
    receipts: Literal["central", "broker"] = "central"
    backlog_per_s: Annotated[float, Meta(ge=0)] = 5.0


class Ble(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`radio`: "system" is BlueZ; anything else is a Bumble transport of the demo's virtual air."""

    enabled: bool = True
    radio: str = "system"
    adapter: str | None = None
    join_window_s: Seconds = 120
    connect_timeout_s: Seconds = 20
    step_timeout_s: Seconds = 10
    idle_s: Seconds = 5
    session_timeout_s: Seconds = 120
    silence_s: Seconds = 90


class SerialPort(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cable (`path`) or a device with Bluetooth's serial port (`bluetooth`), one of the two."""

    path: Path | None = None
    bluetooth: BluetoothAddress | None = None
    channel: Annotated[int, Meta(ge=1, le=30)] = 1
    driver: str
    name: str = ""

    def __post_init__(self) -> None:
        if (self.path is None) is (self.bluetooth is None):
            raise ValueError("a serial device has either a path or a bluetooth address")

    @property
    def where(self) -> Path | str:
        return self.path or self.bluetooth or ""


class Panel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    enabled: bool = True
    led_pin: int | None = None
    button_pin: int | None = None
    buzzer_pin: int | None = None
    call_pin: int | None = None


class Web(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Port 0 takes any free one; `hub web` prints what it got."""

    state_dir: Path = Path("/var/lib/hjemmehub-web")
    kiosk_port: Port = 8080
    setup_port: Port = 8443
    setup_open_s: Seconds = 1800
    emergency_text: str = "113"
    support_phone: str = ""
    voice_dir: Path = Path("/var/lib/hjemmehub-voice")
    backlight: str = "auto"


class Clock(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    trust: Literal["ntp", "always"] = "ntp"


class Retention(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long receipted readings stay for "my readings"; unsent ones always stay."""

    days: Annotated[int, Meta(ge=7, le=400)] = 90


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    hub: Hub
    patient: Patient
    mqtt: Mqtt
    ble: Ble = Ble()
    serial: tuple[SerialPort, ...] = ()
    panel: Panel = Panel()
    web: Web = Web()
    clock: Clock = Clock()
    retention: Retention = Retention()


def load(path: Path) -> Settings:
    try:
        return msgspec.convert(
            tomllib.loads(path.read_text("utf-8")), Settings, dec_hook=_from_text
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(path, str(error)) from error


def _from_text(kind: type, text: object) -> Path:
    """TOML has no paths: they are texts there."""
    if kind is Path and isinstance(text, str):
        return Path(text)
    raise ValueError(f"{text!r} is not a {kind.__name__}")
