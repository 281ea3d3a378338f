"""`hub` as a person types it: a process of its own, its output and its exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_settings import MINIMAL

COMMANDS = ("run", "web", "demo", "decode", "devices", "status", "doctor", "setup")


def hub(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hub", *words], input=stdin, capture_output=True, text=True
    )


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "hub.toml"
    state = f'[hub]\nstate_dir = "{tmp_path}/state"'
    path.write_text(MINIMAL.replace("[hub]", state) + "port = 9\n[web]\nkiosk_port = 9\n")
    return str(path)


def test_help_names_every_command() -> None:
    result = hub("--help")
    assert result.returncode == 0
    for command in COMMANDS:
        assert f"\n    {command} " in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    assert hub(command, "--help").returncode == 0


def test_decode_prints_one_object_with_the_decimals_that_the_device_sent() -> None:
    result = hub("decode", "2A1C", "06b00e00fedc070c050b321b04")
    assert result.returncode == 0
    assert result.stdout == (
        '{"kind":"body_temperature","values":{"body_temperature":{"value":37.60,"unit":"Cel"}},'
        '"device_time":"2012-12-05T11:50:27","sequence":null,"user_index":null,"status":[],'
        '"details":{"temperature_type":"finger"}}\n'
    )


def test_decode_knows_models_that_encode_otherwise() -> None:
    payload = "566a0047000000ea07080b121f00003f000004"  # a Beurer BM85, pulse 63
    assert hub("decode", "2a35", payload).returncode == 2
    result = hub("decode", "2a35@swapped-fields", payload)
    assert json.loads(result.stdout)["values"]["pulse_rate"] == {"value": 63, "unit": "/min"}


def test_decode_says_what_is_wrong_and_exits_2() -> None:
    result = hub("decode", "2a35", "0102")
    assert result.returncode == 2
    assert "needs" in json.loads(result.stdout)["error"]


def test_decode_answers_every_line_with_one_line() -> None:
    result = hub("decode", "-", stdin="2a9d 00b036\n2aff 00\n\nnonin-8 80396220\n")
    assert [("error" in json.loads(line)) for line in result.stdout.splitlines()] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("command", ["run", "web", "devices", "status"])
def test_settings_that_cannot_be_used_are_said(command: str, tmp_path: Path) -> None:
    result = hub(command, "--config", str(tmp_path / "nowhere.toml"))
    assert result.returncode == os.EX_CONFIG
    assert "No such file" in result.stderr


def test_before_the_first_start_the_books_say_so(config: str) -> None:
    for command in ("devices", "status"):
        result = hub(command, "--config", config)
        assert (result.returncode, result.stdout) == (
            1,
            "the hub has not run yet on this machine\n",
        )


def test_the_doctor_tells_what_to_do(config: str) -> None:
    result = hub("doctor", "--config", config)
    assert result.returncode == 1
    assert "ok  settings" in result.stdout
    assert "BAD broker: 127.0.0.1:9 cannot be reached" in result.stdout
    assert "start the hub once" in result.stdout


def test_setup_without_the_web_process_says_so(config: str) -> None:
    result = hub("setup", "open", "--config", config)
    assert result.returncode == 1
    assert "the web process does not answer" in result.stdout
