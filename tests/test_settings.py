"""config/hub.toml is complete, and what is wrong in a settings file is said with its place."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from hub.settings import Settings, SettingsError, load

SHIPPED = Path(__file__).parents[1] / "config" / "hub.toml"

MINIMAL = """
[hub]
id = "02000000000000D0"
[patient]
system = "urn:oid:2.999.1.2.3.4"
value = "p-1"
[mqtt]
host = "127.0.0.1"
tenant = "1804"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "hub.toml"
    path.write_text(text)
    return path


def test_the_shipped_file_is_valid() -> None:
    assert load(SHIPPED).mqtt.tenant == "1804"


def test_the_shipped_file_shows_every_key_with_its_default() -> None:
    """A comment that says `# key = value` is the documentation, so it must be true."""
    text = re.sub(r"^# (\[\[?\w|\w+ = )", r"\1", SHIPPED.read_text(), flags=re.M)
    shown = tomllib.loads(text)
    for section in msgspec.structs.fields(Settings):
        kind = section.type
        if section.name == "serial":
            assert set(shown["serial"][0]) == {"path", "bluetooth", "channel", "driver", "name"}
            continue
        fields = msgspec.structs.fields(kind)
        assert set(shown[section.name]) == {field.name for field in fields}, section.name
        for field in fields:
            if field.default not in (msgspec.NODEFAULT, None):
                shown_value = shown[section.name][field.name]
                assert type(field.default)(shown_value) == field.default, field.name


def test_paths_are_paths(tmp_path: Path) -> None:
    settings = load(written(tmp_path, MINIMAL.replace("[hub]", '[hub]\nstate_dir = "/x"')))
    assert settings.hub.state_dir == Path("/x")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        pytest.param(("[mqtt]", "[mqtt]\nprot = 1"), "prot", id="unknown key"),
        pytest.param(('"02000000000000D0"', '"hub-1"'), "$.hub.id", id="no EUI-64"),
        pytest.param(("[mqtt]", "[mqtt]\nport = 70000"), "$.mqtt.port", id="no port"),
        pytest.param(("[hub]", "[hub]\nstate_dir = 5"), "state_dir", id="no path"),
        pytest.param(('host = "127.0.0.1"', ""), "host", id="missing"),
        pytest.param(("[hub]", "[hub"), "line 2", id="no TOML"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, change: tuple[str, str], where: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(where)):
        load(written(tmp_path, MINIMAL.replace(*change)))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load(tmp_path / "nowhere.toml")
