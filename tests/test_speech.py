"""How a text is said, and what a clip of it is called."""

import logging
import shutil
from pathlib import Path

import pytest

from hub.speech import Synthesizer, clip, espeak
from hub.spoken import spoken

CAT = ["cat"]

needs_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None or shutil.which("opusenc") is None,
    reason="espeak-ng and opusenc are not installed (apt install espeak-ng opus-tools)",
)


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("nb", "128/82 mmHg", "128 over 82 millimeter kvikksølv"),
        ("nb", "Puls 67 · i dag kl. 10:41", "Puls 67, i dag klokka 10 41"),
        ("nb", "Kl. 08:00", "Klokka 8"),
        ("nb", "23. okt. kl. 02:30", "23. oktober klokka 2 30"),
        ("nn", "23. mai", "23. mai"),
        ("nb", "81,20 kg", "81,20 kilo"),
        ("nb", "37,2 °C", "37,2 grader"),
        ("nb", "3–5 glass", "3 til 5 glass"),
        ("nb", "Haster det, ring 113 nå.", "Haster det, ring 1 1 3 nå."),
        ("nb", "Ring ellers 116 117.", "Ring ellers 116 117."),
        ("nb", "Ring 116 117.", "Ring 1 1 6, 1 1 7."),
        ("nb", "113 er et overtrykk", "113 er et overtrykk"),
        ("nb", "Ta 10 mg", "Ta 10 mg"),
        ("en", "23 Oct at 02:05", "23 October at 2 05"),
        ("en", "6.1 mmol/L", "6.1 millimoles per litre"),
        ("se", "81,20 kg", "81,20 kg"),
    ],
)
def test_what_is_written_short_is_said_in_words(language: str, written: str, said: str) -> None:
    assert spoken(written, language) == said


def test_a_clip_is_named_by_its_language_and_its_words(tmp_path: Path) -> None:
    """Recordings of others have these names: they never change."""
    assert clip(tmp_path, "nb", "Hjem") == tmp_path / "nb" / "2f6ec0031cc503739bf2.opus"
    assert clip(tmp_path, "nb", " Ring\n  meg ") == clip(tmp_path, "nb", "Ring meg")
    assert clip(tmp_path, "nn", "Hjem").name != clip(tmp_path, "nb", "Hjem").name


def test_the_text_goes_through_the_speaker_and_then_the_encoder() -> None:
    voice = Synthesizer({"nb": ["sed", "s/^/said /"]}, ["sed", "s/^/encoded /"])
    assert voice.say("nb", "Kl. 08:00") == b"encoded said Klokka 8"
    assert voice.say("en", "8 o'clock") is None


@pytest.mark.parametrize("speaker", [["false"], ["no-such-program"], ["true"]])
def test_a_voice_that_fails_says_nothing(
    speaker: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    assert Synthesizer({"nb": speaker}, CAT).say("nb", "Du har det bra") is None
    assert "bra" not in caplog.text


@needs_espeak
@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_espeak_says_a_reading(language: str) -> None:
    voice = espeak()
    assert voice is not None
    short, long = voice.say(language, "82"), voice.say(language, "128/82 mmHg")
    assert short and long
    assert short[:4] == b"OggS" and b"OpusHead" in short
    assert len(long) > len(short)


@needs_espeak
def test_espeak_has_no_sami() -> None:
    voice = espeak()
    assert voice is not None
    assert not voice.speaks("se")
    assert voice.say("se", "Bures") is None


def test_without_its_programs_there_is_no_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert espeak() is None
