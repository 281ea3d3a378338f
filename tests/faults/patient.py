"""A patient at the kiosk's real pages, one form after the other, over HTTP."""

from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

import msgspec

from hub.demo import documents
from hub.demo.visitor import Page, VisitError, Visitor, _next
from hub.questionnaire import canonical
from hub.web.questionnaires import Form

QUESTIONNAIRES: dict[str, Any] = msgspec.json.decode(documents.questionnaires())
RESOURCE = next(
    entry["resource"]
    for entry in QUESTIONNAIRES["entry"]
    if entry["resource"]["id"] == "dagens-helsesjekk"
)
FORM_KEY = Form(RESOURCE, canonical(RESOURCE), "nb").key
PAGES_AT_MOST = 60


@dataclass
class CheckIn:
    """Begun anew; `step` sends one form. All calls wait for the page, so they run in a thread."""

    kiosk: str
    page: Page = field(init=False)

    def __post_init__(self) -> None:
        self._visitor = Visitor(self.kiosk)
        self.page = self._visitor.get(f"check-in/{FORM_KEY}/new")
        self.id = self.page.path.split("/")[3]

    @property
    def is_done(self) -> bool:
        return self.page.path.endswith("/thanks")

    def step(self) -> None:
        """VisitError when there is no answer: the form may have been kept or not."""
        try:
            self.page = _next(self._visitor, self.page)
        except HTTPException as error:
            raise VisitError(f"{self.page.address}: half an answer: {error}") from error

    def resumed(self) -> Page:
        """Where the pages themselves would go on."""
        return self._visitor.get(f"check-in/{FORM_KEY}/{self.id}")

    def finish(self) -> str:
        """→ its id, when the patient was thanked."""
        for _ in range(PAGES_AT_MOST):
            if self.is_done:
                return self.id
            self.step()
        raise AssertionError(f"still asking at {self.page.address}")
