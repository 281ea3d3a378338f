"""`hub voices`: which texts get a clip, and that it does each once."""

import json
from io import StringIO
from pathlib import Path

import pytest

from hub.__main__ import main
from hub.speech import Synthesizer, clip
from hub.voices import Wish, page_texts, questionnaire_texts, run
from tests.web.documents import EXTENSION

CAT = Synthesizer({"nb": ["cat"]}, ["cat"])  # a clip is then its own text


def wish(folder: Path, *languages: str, names_only: bool = False) -> Wish:
    return Wish(languages, folder, None, names_only)


def test_the_patients_texts_are_those_of_the_catalogue() -> None:
    norwegian, english = set(page_texts("nb")), set(page_texts("en"))
    assert {"Hjem", "Vil du at sykepleieren ringer deg?", "Blodtrykk"} <= norwegian
    assert {"Home", "Yes, call me", "Blood pressure"} <= english
    assert "Hjem" not in english


def test_what_has_a_number_in_it_and_what_technicians_read_is_left_out() -> None:
    texts = set(page_texts("nb"))
    assert not [text for text in texts if "%(" in text]
    assert "Vil du fjerne apparatet?" not in texts


def test_each_clip_is_made_once(tmp_path: Path) -> None:
    out = StringIO()
    assert run(wish(tmp_path, "nb"), CAT, out) == 0
    path = clip(tmp_path / "made", "nb", "Hjem")
    assert path.read_bytes() == b"Hjem"
    path.write_bytes(b"kept")
    count = len(set(page_texts("nb")))
    assert len(list((tmp_path / "made" / "nb").iterdir())) == count
    run(wish(tmp_path, "nb"), CAT, out)
    assert path.read_bytes() == b"kept"
    first, second = out.getvalue().splitlines()
    assert first.startswith(f"Bokmål: {count} texts, {count} new,")
    assert second.startswith(f"Bokmål: {count} texts, 0 new,")


def test_a_language_without_a_voice_is_said_to_have_none(tmp_path: Path) -> None:
    out = StringIO()
    run(wish(tmp_path, "en"), CAT, out)
    assert "no voice to make them" in out.getvalue()
    assert not (tmp_path / "made").exists()


def test_who_records_is_told_the_names(tmp_path: Path) -> None:
    out = StringIO()
    run(wish(tmp_path, "nb", names_only=True), None, out)
    name = clip(tmp_path / "recorded", "nb", "Hjem")
    assert f"{name}\tHjem\n" in out.getvalue()
    assert list(tmp_path.iterdir()) == []


def test_questionnaires_are_read_in_the_languages_that_they_have(tmp_path: Path) -> None:
    english = [
        {"url": "lang", "valueCode": "en"},
        {"url": "content", "valueString": "How is your breath?"},
    ]
    item = {
        "linkId": "1",
        "text": "Hvordan er pusten?",
        "_text": {"extension": [{"url": EXTENSION + "translation", "extension": english}]},
        "answerOption": [{"valueCoding": {"code": "a", "display": "Som vanlig"}}],
    }
    questionnaire = {"resourceType": "Questionnaire", "language": "nb", "item": [item]}
    (tmp_path / "q.json").write_text(json.dumps(questionnaire))
    found = {lang: set(questionnaire_texts(tmp_path, lang)) for lang in ("nb", "en", "nn")}
    assert found["nb"] == {"Hvordan er pusten?", "Som vanlig"}
    assert "How is your breath?" in found["en"]
    assert found["nn"] == set()


def test_another_program_can_be_the_voice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "opusenc").write_text("#!/bin/sh\nexec /bin/cat\n")
    (tmp_path / "opusenc").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    out = tmp_path / "voice"
    command = ["voices", "--language", "en", "--program", "/bin/sed 's/^/said: /'"]
    assert main([*command, "--out", str(out)]) == 0
    assert clip(out / "made", "en", "Home").read_bytes() == b"said: Home"
    assert " new, " in capsys.readouterr().out
