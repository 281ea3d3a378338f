"""The "Listen" button: what is heard, whose voice it is, and that nothing of it is kept."""

import logging
import re
import shutil
from pathlib import Path

import pytest

from hub.records import JournalKind
from hub.speech import MADE, RECORDED, clip
from hub.web.aloud import PAGES_KEPT
from tests.web.documents import EVERY_TYPE, MESSAGE
from tests.web.house import Browser, House
from tests.web.tapping import answer, begin

LISTEN = re.compile(r'href="(/listen/[^"]+)"')
CALL_ME = b"Vil du at sykepleieren ringer deg?|Ja, ring meg|Nei|Haster det, ring 1 1 3 n\xc3\xa5.|"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A speaker whose sound is the text and a bar, and an encoder that leaves it so."""
    folder = tmp_path / "programs"
    folder.mkdir()
    log = folder / "called-with"
    for name, body in (("espeak-ng", "/bin/cat; echo '|'"), ("opusenc", "/bin/cat")):
        script = f'#!/bin/sh\necho "$0 $@" >> {log}\n({body}) | /usr/bin/tr -d "\\n"\n'
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return log


@pytest.fixture
def kiosk(programs: Path, house: House) -> Browser:
    return house.kiosk()


def heard(kiosk: Browser, page: str) -> bytes:
    found = LISTEN.search(page)
    assert found, page
    sound = kiosk.get(f"{found[1]}/sound")
    assert (sound.status_code, sound.mimetype) == (200, "audio/ogg")
    data: bytes = sound.data
    return data


def record(house: House, folder: str, language: str, text: str, sound: bytes) -> None:
    path = clip(house.settings.web.voice_dir / folder, language, text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sound)


def test_a_page_is_read_in_its_order(kiosk: Browser) -> None:
    assert heard(kiosk, kiosk.get("/call-me").text) == CALL_ME


def test_a_reading_is_read_in_words(house: House, kiosk: Browser) -> None:
    kept = house.measure()
    said = heard(kiosk, kiosk.get(f"/reading/{kept.id}").text).decode()
    assert said.startswith("Blodtrykk|128 over 82 millimeter kvikksølv|Puls 67, i dag klokka 10 ")


def test_it_is_read_in_the_patients_language(house: House, kiosk: Browser, programs: Path) -> None:
    kiosk.post("/language", kiosk.get("/language"), language="en")
    assert b"Do you want the nurse to call you?|" in heard(kiosk, kiosk.get("/call-me").text)
    assert "-v en-gb" in programs.read_text()


def test_recorded_goes_before_made_and_made_before_the_program(
    house: House, kiosk: Browser
) -> None:
    record(house, MADE, "nb", "Nei", b"[made]")
    record(house, MADE, "nb", "Ja, ring meg", b"[made]")
    record(house, RECORDED, "nb", "Ja, ring meg", b"[recorded]")
    assert b"deg?|[recorded][made]Haster" in heard(kiosk, kiosk.get("/call-me").text)


def test_clips_of_all_parts_go_before_the_program_too(house: House, kiosk: Browser) -> None:
    house.measure()
    page = kiosk.get("/").text
    record(house, RECORDED, "nb", "Mottatt", b"[received]")
    assert b"Mottatt ikke enn\xc3\xa5|" in heard(kiosk, page)
    record(house, RECORDED, "nb", "ikke ennå", b"[not yet]")
    assert b"[received][not yet]" in heard(kiosk, page)


def test_without_any_voice_there_is_no_button(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    kiosk = house.kiosk()
    for path in ("/", "/call-me", "/plan", "/nowhere"):
        assert "/listen/" not in kiosk.get(path).text


def test_a_language_that_is_only_recorded_reads_what_there_is(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    record(house, RECORDED, "nb", "Ja, ring meg", b"[recorded]")
    kiosk = house.kiosk()
    assert heard(kiosk, kiosk.get("/call-me").text) == b"[recorded]"
    silent = kiosk.get("/language").text  # not one of its texts was recorded
    assert "/listen/" not in silent
    assert '<a class="ds-button square" data-variant="secondary" href="/call-me">' in silent


def test_a_page_is_heard_as_it_was_shown(house: House, kiosk: Browser) -> None:
    """Also one that no address brings back."""
    house.documents.put("questionnaires", EVERY_TYPE, version="1")
    asked = answer(kiosk, begin(kiosk), answer="")
    page = kiosk.post(asked.request.path, asked, answer="")
    assert "Velg et svar for å gå videre.|" in heard(kiosk, page.text).decode()


def test_without_scripts_there_is_a_page_with_a_player(kiosk: Browser) -> None:
    found = LISTEN.search(kiosk.get("/readings?page=0").text)
    assert found
    page = kiosk.get(found[1])
    assert f'<audio class="player" src="{found[1]}/sound" autoplay controls>' in page.text
    assert 'href="/readings?page=0"' in page.text
    assert len(LISTEN.findall(page.text)) == 1  # once more; the player is not read itself


def test_what_was_shown_long_ago_is_forgotten(house: House, kiosk: Browser) -> None:
    first = LISTEN.search(kiosk.get("/call-me").text)
    assert first
    for _ in range(PAGES_KEPT):
        assert kiosk.get(first[1]).status_code == 200
        kiosk.get("/plan")
    assert kiosk.get(first[1]).status_code == 404
    assert kiosk.get(f"{first[1]}/sound").status_code == 404


def test_a_name_of_another_process_is_none_of_ours(house: House, kiosk: Browser) -> None:
    found = LISTEN.search(kiosk.get("/call-me").text)
    assert found
    assert house.kiosk().get(f"{found[1]}/sound").status_code == 404


def test_nothing_of_it_is_written_anywhere(
    house: House, kiosk: Browser, programs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    house.documents.put_message(MESSAGE | {"text": "Insulinen er endret"})
    page = kiosk.get(f"/message/{MESSAGE['id']}").text
    before = {path: path.stat().st_mtime_ns for path in house.directory.rglob("*")}
    assert b"Insulinen er endret|" in heard(kiosk, page)
    after = {path: path.stat().st_mtime_ns for path in house.directory.rglob("*")}
    changed = {path for path in after if after[path] != before.get(path)}
    assert changed <= {programs, programs.parent}
    assert "espeak-ng" in programs.read_text()  # what it was called with …
    assert "Insulinen" not in programs.read_text()  # … does not tell what it said
    assert "Insulinen" not in caplog.text


def test_the_same_words_are_made_once(kiosk: Browser, programs: Path) -> None:
    page = kiosk.get("/call-me").text
    heard(kiosk, page)
    first = programs.read_text()
    assert heard(kiosk, page) == CALL_ME
    assert programs.read_text() == first


def test_listening_is_not_written_to_the_journal(house: House, kiosk: Browser) -> None:
    heard(kiosk, kiosk.get("/call-me").text)
    assert house.journal_rows() == 0
    assert house.rows(JournalKind.ANSWER) == []


@pytest.mark.skipif(
    shutil.which("espeak-ng") is None or shutil.which("opusenc") is None,
    reason="espeak-ng and opusenc are not installed (apt install espeak-ng opus-tools)",
)
def test_espeak_reads_a_page_as_one_sound(house: House) -> None:
    kiosk = house.kiosk()
    sound = heard(kiosk, kiosk.get("/call-me").text)
    assert sound[:4] == b"OggS"
    assert sound.count(b"OpusHead") == 4
