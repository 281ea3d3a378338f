"""Speech: what a clip is called, and the programs that make one.

A clip is one text in one language as Ogg Opus. Its name follows from its text, so a recording
that somebody drops in is found without a list, and a text that changed is not said wrongly.
Clips can be played one after the other by joining their bytes: Ogg allows it.
"""

import hashlib
import logging
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.spoken import spoken

log = logging.getLogger(__name__)

RECORDED, MADE = "recorded", "made"  # folders of clips; a person's voice goes before a program's
ESPEAK, ENCODER = "espeak-ng", "opusenc"
ESPEAK_VOICES = {"nb": "nb", "nn": "nb", "en": "en-gb"}  # it has no Nynorsk and no Sámi
WORDS_PER_MINUTE = "140"
KBIT_PER_S = "24"
LONGEST = 4000  # characters
PATIENCE_S = 20


def clip(folder: Path, language: str, text: str) -> Path:
    name = hashlib.sha256(f"{language}\n{' '.join(text.split())}".encode()).hexdigest()[:20]
    return folder / language / f"{name}.opus"


@dataclass(frozen=True, slots=True)
class Synthesizer:
    """
    speakers  for each language a command that reads a text and writes WAV
    encoder   a command that reads WAV and writes Ogg Opus
    """

    speakers: Mapping[str, Sequence[str]]
    encoder: Sequence[str]

    def speaks(self, language: str) -> bool:
        return language in self.speakers

    def say(self, language: str, text: str) -> bytes | None:
        """The text goes through pipes only: not into a file, nor into the list of processes."""
        if language not in self.speakers:
            return None
        words = spoken(text[:LONGEST], language).encode()
        try:
            return _piped(self.encoder, _piped(self.speakers[language], words)) or None
        except (OSError, subprocess.SubprocessError) as error:
            log.warning("a text could not be said: %s", type(error).__name__)
            return None


def _piped(command: Sequence[str], given: bytes) -> bytes:
    done = subprocess.run(  # noqa: S603 - our own programs, or the one that a technician named
        command,
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=PATIENCE_S,
        check=True,
    )
    return done.stdout


def espeak() -> Synthesizer | None:
    """Debian's, where it is installed."""
    program = shutil.which(ESPEAK)
    if program is None:
        return None
    say = [program, "-s", WORDS_PER_MINUTE, "-b", "1", "--stdin", "--stdout", "-v"]
    return speaking({language: [*say, voice] for language, voice in ESPEAK_VOICES.items()})


def speaking(speakers: Mapping[str, Sequence[str]]) -> Synthesizer | None:
    program = shutil.which(ENCODER)
    if program is None:
        return None
    return Synthesizer(speakers, [program, "--quiet", "--bitrate", KBIT_PER_S, "-", "-"])
