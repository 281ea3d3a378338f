"""A check-in under way: all that it is stands in the journal, and its address names it."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from flask import abort, redirect, url_for
from werkzeug.exceptions import NotFound

from hub.questionnaire import Answers, Question, next_question, questions
from hub.records import Entry, JournalKind, Source
from hub.web import questionnaires
from hub.web.parts import books
from hub.web.questionnaires import Form

NAMESPACE = UUID("8b3c5f0e-6d0e-4a0b-9b51-0b1f6f6a4c1e")
WHO = ""  # the link id under which it is kept who answers: no question has it
PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")

Row = tuple[JournalKind, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Run:
    """`source`: who gives the answers."""

    form: Form
    id: str
    answers: Answers
    source: Source

    @property
    def questions(self) -> list[Question]:
        return questions(self.form.questionnaire, self.answers)

    @property
    def waiting(self) -> Question | None:
        """The first question that is not answered yet."""
        return next_question(self.form.questionnaire, self.answers)

    def address(self, page: str, /, **more: Any) -> str:
        return url_for(f"check_in.{page}", form=self.form.key, check_in=self.id, **more)

    def question(self, link_id: str, **more: Any) -> str:
        return self.address("ask", place=place_of(link_id), **more)

    def asked(self, place: str) -> Question:
        """By what stands in its address; raises NotFound."""
        for question in self.questions:
            if place_of(question.link_id) == place:
                return question
        raise NotFound

    def answer(self, link_id: str, answer: Any) -> Row:
        return JournalKind.ANSWER, {
            "check_in": self.id,
            "questionnaire": self.form.canonical,
            "link_id": link_id,
            "answer": answer,
        }


def place_of(link_id: str) -> str:
    """A link id as it may stand in an address: one with slashes would be another address."""
    if PLAIN.fullmatch(link_id):
        return link_id
    return "~" + sha256(link_id.encode()).hexdigest()[:12]


def form_named(key: str) -> Form:
    """Raises NotFound."""
    found = questionnaires.form_named(books().documents, key)
    if found is None:
        raise NotFound
    return found


def run_of(form: str, check_in: UUID | str) -> Run:
    """As far as it has come, also when it has ended. Raises NotFound."""
    answers = books().journal.answers(str(check_in))
    who = answers.pop(WHO, None) or {}
    source = who.get("valueCode")
    return Run(
        form_named(form),
        str(check_in),
        answers,
        Source(source) if source in set(Source) else Source.PATIENT,
    )


def going_on(form: str, check_in: UUID) -> Run:
    """One that is not ended; a page of one that is leads to where it is now."""
    if (ended := books().journal.ended(str(check_in))) is not None:
        abort(redirect(_after(ended, form), 303))
    return run_of(form, check_in)


def _after(ended: Entry, form: str) -> str:
    if ended.kind is JournalKind.CHECK_IN_UNDONE:
        return url_for("check_in.go_on", form=form, check_in=ended.body["into"])
    page = "thanks" if ended.kind is JournalKind.CHECK_IN_COMPLETED else "begin"
    return url_for(f"check_in.{page}")


def new_id(form_token: str) -> str:
    """The same for a form that comes again: a double tap makes one check-in."""
    return str(uuid5(NAMESPACE, form_token))
