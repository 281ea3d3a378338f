"""setup.sh and the systemd units: what a technician and a Pi run."""

import configparser
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from hub.__main__ import EX_CONFIG
from hub.acquire.bluez import RESTART_WISH
from hub.store.key import CREDENTIAL

ROOT = Path(__file__).parents[1]
UNITS = sorted((ROOT / "systemd").glob("*.service"))

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def shell(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"source ./setup.sh; {script}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", **environment},
    )


def test_without_arguments_it_says_what_it_can_do() -> None:
    result = subprocess.run(["./setup.sh"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0
    for command in ("demo", "test", "check", "install"):
        assert f"\n  {command}" in result.stdout


def test_an_unknown_command_is_refused() -> None:
    result = subprocess.run(["./setup.sh", "destroy"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 2


def test_a_system_without_apt_is_told_what_is_missing(tmp_path: Path) -> None:
    for command in ("python3", "cat", "id", "dirname"):
        (tmp_path / command).symlink_to(shutil.which(command) or f"/usr/bin/{command}")
    result = shell(f"PATH={tmp_path}; packages no-such-broker:mosquitto")
    assert result.returncode == 1
    assert "please install: mosquitto" in result.stderr


def test_the_hub_id_is_an_eui_64() -> None:
    assert re.fullmatch("[0-9A-F]{6}FFFE[0-9A-F]{6}", shell("hub_id").stdout)


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_every_line(unit: Path, tmp_path: Path) -> None:
    """The programs are not on this machine, so each is replaced by one that is."""
    for each in UNITS:  # one may name another
        text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", each.read_text())
        (tmp_path / each.name).write_text(text)
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
    )
    complaints = [line for line in result.stderr.splitlines() if unit.name in line]
    assert (complaints, result.returncode) == ([], 0)


@needs_systemd
@pytest.mark.parametrize(
    ("unit", "threshold"),
    [
        ("hub.service", 17),
        ("hub-web.service", 14),
        ("hub-radio.service", 17),
        ("hub-key.service", 12),
    ],
)
def test_the_units_stay_closed(unit: str, threshold: int) -> None:
    """The exposure score times ten; tightening it further comes with the machine test."""
    path = ROOT / "systemd" / unit
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={threshold}"]
    assert subprocess.run([*command, str(path)], capture_output=True).returncode == 0


@needs_systemd
def test_the_wish_for_a_new_bluetoothd_is_the_file_that_the_hub_writes() -> None:
    unit = ROOT / "systemd" / "hub-radio.path"
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)])
    assert verified.returncode == 0
    assert f"\nPathExists=/run/hjemmehub/{RESTART_WISH}\n" in unit.read_text()
    assert "\nRuntimeDirectory=hjemmehub\n" in (ROOT / "systemd" / "hub.service").read_text()


def test_the_only_thing_done_as_root_is_to_restart_bluetooth_and_seldom() -> None:
    text = (ROOT / "systemd" / "hub-radio.service").read_text()
    assert re.findall("(?m)^Exec.*=(.*)$", text) == [
        f"/usr/bin/rm -f /run/hjemmehub/{RESTART_WISH}",
        "/usr/bin/systemctl restart bluetooth.service",
        "/usr/bin/sleep 600",
    ]


@pytest.mark.parametrize("unit", ["hub.service", "hub-web.service"])
def test_what_starting_again_cannot_cure_is_not_started_again(unit: str) -> None:
    text = (ROOT / "systemd" / unit).read_text()
    assert f"\nRestartPreventExitStatus={EX_CONFIG}\n" in text


@pytest.mark.parametrize("unit", ["hub.service", "hub-web.service"])
def test_each_process_is_passed_the_key_that_is_made_before_it_starts(unit: str) -> None:
    text = (ROOT / "systemd" / unit).read_text()
    shipped = tomllib.loads((ROOT / "config" / "hub.toml").read_text())["hub"]["key_file"]
    assert f"\nLoadCredential={CREDENTIAL}:{shipped}\n" in text
    assert "\nRequires=hub-key.service\n" in text
    assert re.search("(?m)^After=.* hub-key.service$", text)
    maker = (ROOT / "systemd" / "hub-key.service").read_text()
    assert f"\nConditionPathExists=!{shipped}\n" in maker


def test_the_log_stays_small() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "systemd" / "journald-hjemmehub.conf")
    assert parser["Journal"]["SystemMaxUse"] == "16M"


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_start_what_setup_installs(unit: Path) -> None:
    parser = configparser.RawConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit.read_text().replace("\\\n", " "))
    program = parser["Service"]["ExecStart"].split()[0]
    packaged = ("/usr/bin/cage", "/opt/hjemmehub/venv/bin/python", "/usr/bin/systemctl")
    assert program in packaged
    if unit.name not in ("hub-radio.service", "hub-key.service"):  # others start these
        assert parser["Install"]["WantedBy"] == "multi-user.target"
