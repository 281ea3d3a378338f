"""Every text of the pages exists in every language that is offered, and none is left over."""

import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.messages.extract import extract_from_dir
from flask import Flask, g

from hub import web
from hub.records import JournalKind
from hub.web import catalogues, language
from tests.web.documents import DAILY, EXTENSION
from tests.web.house import Browser, House

PAGES = Path(web.__file__).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"gettext": None, "_": None, "ngettext": (1, 2), "marked": None}
OPTIONS = {"templates/**.html": {"newstyle_gettext": "true"}}
PLACE = re.compile(r"%\(\w+\)s|%%")
TRANSLATED = ("nn", "se", "en")
ROOT = Path(__file__).parents[2]
BOKMÅL = re.compile(
    r"\b(ikke|jeg|hva|hvem|hvor|hvordan|hvilket|noen?|nå|fra|hjemm?e?|en|ennå|også|bare|uke|siden|navn"
    r"|sykepleier|svarene|måling(er|ene)|meldinger|tall(et)?|kommer|gjør|åpne|mottatt|lagret|velg|dem"
    r"|trenger|fortsett|uten|følges|gikk|spørsmålene|riktig|hvis)\b",
    re.IGNORECASE,
)
"""What no Nynorsk text has."""


@pytest.fixture(scope="module")
def texts() -> set[str]:
    found = extract_from_dir(PAGES, METHODS, OPTIONS, KEYWORDS)
    return {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}


def strings(of: object) -> list[str]:
    return [of] if isinstance(of, str) else [str(text) for text in of or [""]]  # type: ignore[attr-defined]


def test_four_languages_are_offered_each_by_its_own_name() -> None:
    assert language.names() == {
        "nb": "Bokmål",
        "nn": "Nynorsk",
        "se": "Davvisámegiella",
        "en": "English",
    }


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_catalogue_is_complete_and_has_nothing_stale(name: str, texts: set[str]) -> None:
    entries = {strings(m.id)[0]: m for m in catalogues.read(name) if m.id}
    assert set(entries) == texts
    for message in entries.values():
        assert not message.fuzzy
        one, *many = strings(message.id)
        for number, translated in enumerate(strings(message.string)):
            source = many[0] if number and many else one
            assert translated, source
            assert sorted(PLACE.findall(translated)) == sorted(PLACE.findall(source))


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_text_is_left_in_bokmål_only_where_that_is_meant(name: str) -> None:
    for message in catalogues.read(name):
        if message.id:
            left = set(strings(message.string)) <= set(strings(message.id))
            assert left == catalogues.is_same(message), message.id


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_plural_has_the_forms_of_its_language(name: str) -> None:
    rule = Locale.parse(language.LOCALES[name]).plural_form
    catalogue = catalogues.read(name)
    tags = ["one", *(["two"] if "two" in rule.tags else []), "other"]
    plurals = [message for message in catalogue if message.pluralizable]
    assert plurals
    for message in plurals:
        assert len(strings(message.string)) == catalogue.num_plurals == len(tags)
    found = language.translations(name)
    for message in plurals:
        for number in range(12):
            expected = strings(message.string)[tags.index(rule(number))]
            one, many = strings(message.id)
            assert found.ngettext(one, many, number) == expected


def test_nynorsk_has_no_word_of_bokmål() -> None:
    for message in catalogues.read("nn"):
        for text in strings(message.string) if message.id else ():
            assert not BOKMÅL.search(text), text


def test_what_awaits_a_speaker_is_listed() -> None:
    out = io.StringIO()
    assert catalogues.run(out, update=False) == 0
    document = (ROOT / "docs" / "translating.md").read_text("utf-8")
    listed = document[document.index(catalogues.HEAD.format(name=language.NAMES["se"])) :]
    assert listed == out.getvalue(), "hub texts > the list of docs/translating.md"
    entries = [message for message in catalogues.read("se") if message.id]
    uncertain = sum(catalogues.doubt(message) is not None for message in entries)
    sentence = f"{uncertain} of the {len(entries)} Sámi texts are marked as uncertain"
    assert sentence in (ROOT / "README.md").read_text("utf-8")


def test_the_catalogues_are_as_the_command_writes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: language.catalogue(name).read_text("utf-8") for name in TRANSLATED}
    monkeypatch.setattr(language, "TRANSLATIONS", tmp_path)
    for name, text in before.items():
        language.catalogue(name).parent.mkdir(parents=True)
        stale = '\nmsgid "Finnes ikke"\nmsgstr "x"\n'
        gone = re.sub(r"(?s)\n\n(# [^\n]*\n)?msgid \"Takk\".*?\n(?=\n)", "\n", text)
        language.catalogue(name).write_text(gone + stale, "utf-8")
        catalogues.bring_up_to_date(name)
        entries = catalogues.read(name)
        assert "Finnes ikke" not in entries
        takk = entries["Takk"]
        assert takk.string == ""
        takk.string = {"nn": "Takk", "se": "Giitu", "en": "Thank you"}[name]
        takk.user_comments = ["same"] if name == "nn" else []
        catalogues.write(name, entries)
        assert language.catalogue(name).read_text("utf-8") == text


@pytest.mark.parametrize(
    ("chosen", "emergency", "home"),
    [
        ("nn", "Denne skjermen blir ikkje følgd heile tida. Ring 113.", "Heim"),
        ("se", "Ii oktage čuovo dán šearpma oppa áigge. Riŋge 113.", "Ruoktot"),
        ("en", "This screen is not watched all the time. Call 113.", "Home"),
    ],
)
def test_no_page_mixes_languages(
    house: House, kiosk: Browser, chosen: str, emergency: str, home: str
) -> None:
    page = kiosk.get("/language")
    kiosk.post("/language", page, language=chosen)
    assert house.rows(JournalKind.LANGUAGE) == [{"language": chosen}]
    for path in ("/", "/plan", "/readings", "/messages", "/call-me", "/setup"):
        found = kiosk.get(path).text
        assert f'<html lang="{chosen}">' in found
        assert emergency in found
        assert f"{home}<" in found
        assert "Hjem<" not in found


def test_the_languages_stand_in_their_own_names(kiosk: Browser) -> None:
    page = kiosk.get("/language").text
    for code, name in language.names().items():
        assert re.search(rf'(?s)lang="{code}"[^>]*>\s*(<svg.+?</svg>\s*)?{name}<', page)
    front = kiosk.get("/").text
    for code, name in {"nb": "Norsk", "se": "Sámi", "en": "English"}.items():
        assert f'<span lang="{code}">{name}</span>' in front


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


@pytest.mark.parametrize("chosen", ["", "xx", "../en", "sma"])
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
    first = re.search(r'href="(/check-in/[^"]+)"', kiosk.get("/check-in").text)
    assert first
    assert "Hvordan er pusten i dag?" in kiosk.follow(kiosk.get(first[1])).text
    kiosk.post("/language", kiosk.get("/language"), language="en")
    page = kiosk.follow(kiosk.get(first[1])).text
    assert "How is your breath?" in page


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("en-GB,en", "Type the code"),
        ("no", "Skriv koden"),
        ("nb-NO", "Skriv koden fra"),
        ("nn-NO,nn;q=0.9,nb;q=0.8", "Skriv koden frå"),
        ("se-NO", "Čále koda"),
        ("sme", "Čále koda"),
        ("sma,en;q=0.5", "Skriv koden fra"),
        ("smj-NO", "Skriv koden fra"),
        ("fr", "Skriv koden fra"),
        ("fr,en;q=0.3", "Type the code"),
    ],
)
def test_a_technicians_browser_chooses(house: House, wanted: str, words: str) -> None:
    house.gate.open()
    client = house.setup().client
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
        ("nn", "12000.5", "12\xa0000,5"),
        ("se", "12000.5", "12\xa0000,5"),
        ("se", "-0.5", "-0,5"),
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


THURSDAY, MAY = date(2026, 11, 26), date(2026, 5, 3)


@pytest.mark.parametrize(
    ("name", "long", "full", "short", "short_may"),
    [
        ("nb", "Torsdag 26. november", "26. november 2026", "26. nov.", "3. mai"),
        ("nn", "Torsdag 26. november", "26. november 2026", "26. nov.", "3. mai"),
        ("se", "Duorastat skábmamánu 26. b.", "skábmamánu 26. b. 2026", "26.11.", "3.5."),
        ("en", "Thursday 26 November", "26 November 2026", "26 Nov", "3 May"),
    ],
)
def test_a_date_is_written_as_people_write_it(
    name: str, long: str, full: str, short: str, short_may: str
) -> None:
    with Flask("x").app_context():
        g.language = name
        assert language.long_date(THURSDAY) == long
        assert language.full_date(THURSDAY) == full
        assert language.short_date(THURSDAY) == short
        assert language.short_date(MAY) == short_may
        assert language.weekday(THURSDAY.weekday()).capitalize() == long.split()[0]


@pytest.mark.parametrize(
    ("name", "today", "yesterday", "before"),
    [
        ("nb", "i dag kl. 10:41", "i går kl. 10:41", "20. nov. kl. 10:41"),
        ("nn", "i dag kl. 10:41", "i går kl. 10:41", "20. nov. kl. 10:41"),
        ("se", "odne dii. 10:41", "ikte dii. 10:41", "20.11. dii. 10:41"),
        ("en", "today at 10:41", "yesterday at 10:41", "20 Nov at 10:41"),
    ],
)
def test_when_is_said_in_words(name: str, today: str, yesterday: str, before: str) -> None:
    app = Flask("x")
    app.config["ZONE"] = ZoneInfo("Europe/Oslo")
    with app.app_context():
        g.language = name
        now = datetime(2026, 11, 22, 9, 41, tzinfo=UTC)
        assert language.when(now, now) == today
        assert language.when(now - timedelta(days=1), now) == yesterday
        assert language.when(now - timedelta(days=2), now) == before
        assert language.short_when(now, now) == "10:41"
        assert before.startswith(language.short_when(now - timedelta(days=2), now))
