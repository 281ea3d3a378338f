"""Reads pages aloud, when somebody asks: clips of a person or made beforehand, else espeak-ng.

What a nurse wrote or a device measured has no clip, so it is said when it is asked for. That and
the pages as they were shown stay in memory: nothing of the patient is written anywhere.
"""

import secrets
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from hub.speech import MADE, RECORDED, Synthesizer, clip
from hub.web.passages import Passage, passages

PAGES_KEPT = 16  # a patient goes back a few
CLIPS_KEPT = 64
Said = tuple[str, str]  # language and text


@dataclass(frozen=True, slots=True)
class Page:
    """As it was sent. `path`: where the browser finds it again."""

    path: str
    html: str
    language: str

    @property
    def passages(self) -> list[Passage]:
        return passages(self.html, self.language)


class Aloud:
    """`folder` has the clips, a folder for each language in each of its two folders."""

    def __init__(self, folder: Path, synthesizer: Synthesizer | None) -> None:
        self._folders = (folder / RECORDED, folder / MADE)
        self._synthesizer = synthesizer
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._said: OrderedDict[Said, bytes] = OrderedDict()
        self._lock = Lock()
        self._speaking = Lock()

    def has_voice(self, language: str) -> bool:
        return self._says_all(language) or any(
            any((folder / language).glob("*.opus")) for folder in self._folders
        )

    def can_read(self, page: Page) -> bool:
        """Some of it, at least."""
        return self._says_all(page.language) or any(map(self._can_read, page.passages))

    def keep(self, name: str, page: Page) -> None:
        with self._lock:
            self._pages[name] = page
            if len(self._pages) > PAGES_KEPT:
                self._pages.popitem(last=False)

    def page(self, name: str) -> Page | None:
        with self._lock:
            return self._pages.get(name)

    def read(self, page: Page) -> Iterator[bytes]:
        """One passage after the other; each is made while the one before it is heard."""
        for passage in page.passages:
            yield from self._passage(passage)

    def _says_all(self, language: str) -> bool:
        return self._synthesizer is not None and self._synthesizer.speaks(language)

    def _can_read(self, passage: Passage) -> bool:
        texts = (passage.text, *passage.parts)
        return self._says_all(passage.language) or any(
            self._clip(passage.language, text) is not None for text in texts
        )

    def _passage(self, passage: Passage) -> list[bytes]:
        """What no voice can say is left out."""
        language = passage.language
        whole = self._clip(language, passage.text)
        if whole is not None:
            return [whole]
        parts = [self._clip(language, part) for part in passage.parts]
        clips = [part for part in parts if part is not None]
        if len(clips) == len(parts):
            return clips
        said = self._say(language, passage.text)
        return clips if said is None else [said]

    def _clip(self, language: str, text: str) -> bytes | None:
        for folder in self._folders:
            path = clip(folder, language, text)
            if path.is_file():
                return path.read_bytes()
        return None

    def _say(self, language: str, text: str) -> bytes | None:
        if self._synthesizer is None:
            return None
        with self._speaking:  # one core is enough for it
            said = self._said.get((language, text)) or self._synthesizer.say(language, text)
            if said is not None:
                self._said[language, text] = said
                self._said.move_to_end((language, text))
                if len(self._said) > CLIPS_KEPT:
                    self._said.popitem(last=False)
            return said


def new_name() -> str:
    return secrets.token_urlsafe(9)
