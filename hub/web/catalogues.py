"""The catalogues, as translators keep them: in line with the pages, and what awaits a speaker.

A comment in the catalogue marks a text. `# same`: it is the Bokmål text, and that is meant.
`# review: why`: whoever wrote it was not sure.
"""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TextIO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from hub.web.language import NAMES, SOURCE, catalogue

PAGES = Path(__file__).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"gettext": None, "_": None, "ngettext": (1, 2), "marked": None}
OPTIONS = {"templates/**.html": {"newstyle_gettext": "true"}}
SAME = "same"
REVIEW = "review: "
HEAD = "| Bokmål | {name} | Not sure of |\n|---|---|---|"


def run(out: TextIO, *, update: bool) -> int:
    for language in NAMES:
        if language == SOURCE:
            continue
        if update:
            bring_up_to_date(language)
        for line in table(language):
            out.write(f"{line}\n")
    return 0


def read(language: str) -> Catalog:
    with catalogue(language).open("rb") as file:
        return read_po(file, locale=language)


def texts() -> Catalog:
    """Every text of the pages."""
    found = Catalog()
    for _, _, text, _, _ in extract_from_dir(PAGES, METHODS, OPTIONS, KEYWORDS):
        found.add(text)
    return found


def bring_up_to_date(language: str) -> None:
    """What is new stands empty, what is gone goes; the head and the comments stay."""
    entries = read(language)
    entries.update(texts(), no_fuzzy_matching=True)
    entries.obsolete.clear()
    write(language, entries)


def write(language: str, entries: Catalog) -> None:
    path = catalogue(language)
    head = path.read_text("utf-8").split("\n\n", 1)[0]
    body = BytesIO()
    write_po(body, entries, width=0, no_location=True, omit_header=True, sort_output=True)
    path.write_text(f"{head}\n\n{body.getvalue().decode().strip()}\n", "utf-8")


def is_same(message: Message) -> bool:
    return SAME in message.user_comments


def doubt(message: Message) -> str | None:
    """What its author was not sure of."""
    for comment in message.user_comments:
        if comment.startswith(REVIEW):
            return str(comment.removeprefix(REVIEW))
    return None


def table(language: str) -> Iterator[str]:
    """What awaits a speaker, in Markdown; nothing where nothing does."""
    marked = [message for message in read(language) if message.id and doubt(message)]
    if marked:
        yield from HEAD.format(name=NAMES[language]).splitlines()
    for message in sorted(marked, key=lambda it: _first(it.id).casefold()):
        yield f"| {_first(message.id)} | {_first(message.string)} | {doubt(message)} |"


def _first(texts: str | Sequence[str] | None) -> str:
    return texts if isinstance(texts, str) else (texts or [""])[0]
