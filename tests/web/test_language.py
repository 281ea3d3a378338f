"""Every text of the pages exists in every language that is offered, and none is left over."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask, g

from hub import web
from hub.records import JournalKind
from hub.web import language
from tests.web.documents import DAILY, EXTENSION
from tests.web.house import Browser, House

PAGES = Path(web.__file__).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"gettext": None, "_": None, "ngettext": (1, 2), "marked": None}
OPTIONS = {"templates/**.html": {"newstyle_gettext": "true"}}
PLACE = re.compile(r"%\(\w+\)s|%%")
TRANSLATED = [name for name in language.offered() if name != language.SOURCE]


@pytest.fixture(scope="module")
def texts() -> set[str]:
    found = extract_from_dir(PAGES, METHODS, OPTIONS, KEYWORDS)
    return {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}


def test_norwegian_and_english_are_offered() -> None:
    assert {"nb", "en"} <= set(language.offered())


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_catalogue_is_complete_and_has_nothing_stale(name: str, texts: set[str]) -> None:
    with language.catalogue(name).open("rb") as file:
        catalogue = read_po(file, locale=name)
    entries = {(m.id[0] if isinstance(m.id, tuple) else m.id): m for m in catalogue if m.id}
    assert set(entries) == texts
    for source, message in entries.items():
        assert not message.fuzzy
        strings = [message.string] if isinstance(message.string, str) else message.string or [""]
        for translated in map(str, strings):
            assert translated, source
            assert sorted(PLACE.findall(translated)) == sorted(PLACE.findall(str(source)))


def test_no_page_mixes_languages(house: House, kiosk: Browser) -> None:
    page = kiosk.get("/language")
    kiosk.post("/language", page, language="en")
    assert house.rows(JournalKind.LANGUAGE) == [{"language": "en"}]
    for path in ("/", "/plan", "/readings", "/messages", "/call-me", "/setup"):
        found = kiosk.get(path).text
        assert '<html lang="en">' in found
        assert "This screen is not watched all the time. Call 113." in found
        assert "Hjem<" not in found


def test_another_language_leads_back_to_the_page_one_came_from(
    house: House, kiosk: Browser
) -> None:
    found = re.search(r'href="(/language[^"]*)".*?>Norsk<', kiosk.get("/messages").text, re.DOTALL)
    assert found
    page = kiosk.get(found[1])
    assert 'name="back" value="/messages"' in page.text
    chosen = kiosk.post("/language", page, language="en", back="/messages")
    assert chosen.headers["Location"] == "/messages"
    assert ">English</small>" in kiosk.get("/messages").text


@pytest.mark.parametrize(
    "back",
    [
        "",
        "https://evil.example/",
        "//evil.example/messages",
        "/\\evil.example",
        "/no/such/page",
        "/reminder/later",  # takes forms only
    ],
)
def test_one_is_sent_back_to_a_page_of_ours_only(house: House, kiosk: Browser, back: str) -> None:
    page = kiosk.client.get("/language", query_string={"back": back}, base_url=kiosk.base)
    assert 'name="back" value="/"' in page.text
    chosen = kiosk.post("/language", kiosk.get("/language"), language="en", back=back)
    assert chosen.headers["Location"] == "/"


@pytest.mark.parametrize("chosen", ["", "xx", "../en", "se"])
def test_a_language_that_is_not_offered_is_not_taken(
    house: House, kiosk: Browser, chosen: str
) -> None:
    assert kiosk.post("/language", kiosk.get("/language"), language=chosen).status_code == 400
    assert house.rows(JournalKind.LANGUAGE) == []


def test_questions_come_in_the_patients_language(house: House, kiosk: Browser) -> None:
    translation = {
        "url": EXTENSION + "translation",
        "extension": [
            {"url": "lang", "valueCode": "en"},
            {"url": "content", "valueString": "How is your breath?"},
        ],
    }
    item = DAILY["item"][0] | {"_text": {"extension": [translation]}}
    house.documents.put("questionnaires", DAILY | {"item": [item]}, version="1")
    assert "Hvordan er pusten i dag?" in kiosk.follow(kiosk.get("/check-in")).text
    kiosk.post("/language", kiosk.get("/language"), language="en")
    page = kiosk.follow(kiosk.get("/check-in")).text
    assert "How is your breath?" in page


def test_a_technicians_browser_chooses(house: House) -> None:
    house.gate.open()
    client = house.setup().client
    for wanted, words in (("en-GB,en", "Type the code"), ("no", "Skriv koden"), ("fr", "Skriv")):
        page = client.get("/", headers={"Accept-Language": wanted}, base_url="https://localhost")
        assert words in page.text


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("nb", "81.20", "81,20"),
        ("en", "81.20", "81.20"),
        ("nb", "6", "6"),
        ("nb", "-0.5", "-0,5"),
        ("nb", "12000", "12\xa0000"),
        ("nb", "1E+2", "100"),
    ],
)
def test_numbers_keep_their_decimals(name: str, value: str, shown: str) -> None:
    with Flask("x").app_context():
        g.language = name
        assert language.number(Decimal(value)) == shown


def test_times_are_the_patients_also_when_the_clocks_change() -> None:
    app = Flask("x")
    app.config["ZONE"] = ZoneInfo("Europe/Oslo")
    with app.app_context():
        g.language = "nb"
        night = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        assert language.time_of_day(night) == "02:30"
        assert language.time_of_day(night + timedelta(hours=1)) == "02:30"
        now = datetime(2026, 10, 25, 23, 30, tzinfo=UTC)
        assert language.when(night, now) == "i går kl. 02:30"
        assert language.when(night - timedelta(days=2), now) == "23. okt. kl. 02:30"
