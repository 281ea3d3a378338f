"""Which check-ins are for today, and how far each has come."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from hub.clock import Moment
from hub.questionnaire import Answers, Unsupported, canonical, check, questions, translated
from hub.web.books import Books, Documents
from hub.web.language import current, zone
from hub.web.plan import Plan, PlanUnreadable

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """A questionnaire that can be answered here.

    key       its name in addresses
    language  of its texts
    """

    questionnaire: Json
    canonical: str
    language: str

    @property
    def key(self) -> str:
        return hashlib.sha256(self.canonical.encode()).hexdigest()[:10]

    @property
    def address(self) -> str:
        """The canonical without its version."""
        return self.canonical.partition("|")[0]

    @property
    def title(self) -> str:
        return str(self.questionnaire.get("title") or "")


@dataclass(frozen=True, slots=True)
class CheckIn:
    """Today's state of one form."""

    form: Form
    draft: str | None
    answered: int
    total: int
    completed_at: datetime | None

    @property
    def is_begun(self) -> bool:
        return self.draft is not None and self.answered > 0


def plan_of(documents: Documents) -> Plan | None:
    """Raises PlanUnreadable."""
    document = documents.get("plan")
    return None if document is None else Plan(document)


def readable_plan(documents: Documents) -> Plan | None:
    try:
        return plan_of(documents)
    except PlanUnreadable:
        return None


def forms(documents: Documents) -> list[Form]:
    """Every questionnaire that the hub has, those of the plan first and in its order."""
    found: dict[str, Form] = {}
    for resource in [
        *_resources(documents.get("plan")),
        *_resources(documents.get("questionnaires")),
    ]:
        if resource.get("resourceType") != "Questionnaire":
            continue
        try:
            check(resource)
        except Unsupported:
            continue  # the uplink has already told the central service why
        form = form_from(resource)
        found[form.canonical] = form
    plan = readable_plan(documents)
    order = plan.questionnaires if plan else []
    return sorted(found.values(), key=lambda form: _place(form, order))


def form_from(resource: Json) -> Form:
    """In the patient's language where it was translated, else in its own."""
    shown = translated(resource, current())
    language = current() if shown != resource else resource.get("language")
    return Form(shown, canonical(resource), str(language or current()))


def _place(form: Form, order: list[str]) -> int:
    names = (form.canonical, form.address)
    return min((order.index(name) for name in names if name in order), default=len(order))


def _resources(document: Json | None) -> list[Json]:
    """The document is one resource or a Bundle of them (contract §4)."""
    if document is None:
        return []
    if document.get("resourceType") == "Bundle":
        return [entry["resource"] for entry in document.get("entry", []) if "resource" in entry]
    return [document]


def form_of(documents: Documents, canonical: str) -> Form | None:
    """The form that a plan or a nurse means, with or without its version."""
    for form in forms(documents):
        if canonical in (form.canonical, form.address):
            return form
    return None


def form_named(documents: Documents, key: str) -> Form | None:
    return next((form for form in forms(documents) if form.key == key), None)


def since_midnight(now: Moment) -> Moment:
    """On both clocks, so that what was written before the time was set counts where it belongs."""
    midnight = datetime.combine(now.wall.astimezone(zone()).date(), time(0), zone())
    ago = now.wall - midnight
    return replace(now, wall=midnight, mono_ms=now.mono_ms - ago // timedelta(milliseconds=1))


def today(books: Books, now: Moment) -> list[CheckIn]:
    """What the plan schedules for today; every questionnaire where no plan schedules any."""
    asked = forms(books.documents)
    plan = readable_plan(books.documents)
    if plan is not None and plan.questionnaires:
        due = {task.questionnaire for task in plan.today(now.wall.astimezone(zone()).date())}
        asked = [form for form in asked if due & {form.canonical, form.address}]
    return [state(books, form, now) for form in asked]


def state(books: Books, form: Form, now: Moment) -> CheckIn:
    midnight = since_midnight(now)
    draft = books.journal.draft(form.canonical, midnight)
    answers: Answers = books.journal.answers(draft) if draft else {}
    asked = questions(form.questionnaire, answers)
    return CheckIn(
        form=form,
        draft=draft,
        answered=sum(not question.waits for question in asked),
        total=len(asked),
        completed_at=books.journal.completed(form.canonical, midnight),
    )
