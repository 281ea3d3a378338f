"""Every questionnaire of config/, answered on the kiosk in every language, question by question."""

import re
from html import unescape
from typing import Any

import pytest
from werkzeug.test import TestResponse

from hub.questionnaire import translated
from hub.records import JournalKind
from hub.web.language import SOURCE, offered
from tests.shipped import LANGUAGES, PLANS, QUESTIONNAIRES, items
from tests.web.house import Browser, House, token

BUTTON = re.compile(r'<(?:button|input)[^>]* name="answer" value="([^"]+)"')
CHECK_IN = re.compile(r'href="(/check-in/[0-9a-f]{10}/[0-9a-f-]{36})"')
BY_BUTTONS = 11  # numbers
PLAN_PAGES = (
    "/plan",
    *(f"/plan/zone/{name}" for name in ("green", "yellow", "red")),
    *("/plan/today", "/plan/today/1"),
)
MOST_PAGES = 3  # of one question


def furnish(house: House, name: str, language: str) -> dict[str, dict[str, Any]]:
    """A questionnaire in this language, also where the pages around it are not in it; its items."""
    shown = translated(QUESTIONNAIRES[name], language)
    house.documents.put("questionnaires", shown, version="1")
    moment = house.clock.now()
    house.journal.append(JournalKind.LANGUAGE, {"language": language}, form=None, moment=moment)
    return {item["linkId"]: item for item in items(shown) if item["type"] != "display"}


def begin(kiosk: Browser) -> TestResponse:
    """The first question, also where there is a page before it."""
    page = kiosk.follow(kiosk.get("/check-in"))
    if at(page) is None:
        begun = CHECK_IN.search(page.text)
        assert begun, page.text
        page = kiosk.follow(kiosk.get(begun[1]))
    return page


def at(page: TestResponse) -> str | None:
    """The link id of the question that is asked; None on the last page."""
    return page.request.path.partition("/question/")[2] or None


def ask(kiosk: Browser, page: TestResponse, link_id: str) -> TestResponse:
    return kiosk.get("/".join([*page.request.path.split("/")[:4], "question", link_id]))


def give(kiosk: Browser, page: TestResponse, values: list[str]) -> TestResponse:
    form = {"form": token(page), "answer": values}
    headers = {"Sec-Fetch-Site": "same-origin"}
    sent = kiosk.client.post(page.request.path, data=form, headers=headers, base_url=kiosk.base)
    assert sent.status_code == 303, (page.request.path, values)
    return kiosk.follow(sent)


def send(kiosk: Browser, page: TestResponse) -> None:
    """From the last of the pages on which the answers stand once more."""
    check_in = page.request.path.partition("/review")[0]
    for number in range(1, 3):
        if f'action="{check_in}/send"' not in page.text:
            page = kiosk.get(f"{check_in}/review/{number}")
    kiosk.post(f"{check_in}/send", page)


def limits(item: dict[str, Any]) -> list[int]:
    return [one["valueInteger"] for one in item.get("extension", []) if "valueInteger" in one]


def buttons(item: dict[str, Any]) -> list[str]:
    """What the buttons of a question post; none where something is typed."""
    if item["type"] == "boolean":
        return ["true", "false"]
    if item["type"] == "choice":
        codings = [option["valueCoding"] for option in item["answerOption"]]
        return [f"{coding['system']}|{coding['code']}" for coding in codings]
    numbers = range(limits(item)[0], limits(item)[1] + 1) if limits(item) else []
    few = item["type"] == "integer" and len(numbers) <= BY_BUTTONS
    return [str(number) for number in numbers] if few else []


def offered_by(kiosk: Browser, page: TestResponse) -> set[str]:
    """What the buttons of the question post, on all its pages."""
    texts = [kiosk.get(f"{page.request.path}?part={part}").text for part in range(MOST_PAGES)]
    return {unescape(value) for text in texts for value in BUTTON.findall(text)}


def answers(item: dict[str, Any]) -> list[list[str]]:
    """Everything that a patient can send; of what is typed, an example and the limits."""
    typed = {"date": ["2026-11-20"], "decimal": ["7,5"]}.get(item["type"], [])
    single = buttons(item) or [*typed, *map(str, limits(item))]
    several = [single] if item.get("repeats") else []
    skipped: list[list[str]] = [] if item.get("required") else [[]]
    return [[value] for value in single] + several + skipped


def opening(condition: dict[str, Any]) -> list[str]:
    """An answer to another question after which this one is asked."""
    match condition:
        case {"answerCoding": coding}:
            return [f"{coding['system']}|{coding['code']}"]
        case {"operator": ">", "answerInteger": number}:
            return [str(number + 1)]
    assert condition["answerBoolean"] is True
    return ["true"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_it_is_asked_in_this_language_from_the_first_question_to_thanks(
    house: House, kiosk: Browser, name: str, language: str
) -> None:
    placed = furnish(house, name, language)
    page = begin(kiosk)
    while (link_id := at(page)) is not None:
        item, text = placed[link_id], unescape(page.text)
        assert f"<h1>{item['text']}</h1>" in text
        for note in item.get("item", []):
            assert f"<p>{note['text']}</p>" in text
        for option in item.get("answerOption", []):
            assert option["valueCoding"]["display"] in text
        page = give(kiosk, page, answers(item)[0])
    send(kiosk, page)
    (done,) = house.rows(JournalKind.CHECK_IN_COMPLETED)
    asked = {item["linkId"]: item["text"] for item in done["item"]}
    assert asked == {link_id: placed[link_id]["text"] for link_id in asked}
    assert len(asked) >= 3


@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_every_answer_of_every_question_has_its_button_and_can_be_sent(
    house: House, kiosk: Browser, name: str
) -> None:
    placed = furnish(house, name, SOURCE)
    begun = begin(kiosk)
    for link_id, item in placed.items():
        for condition in item.get("enableWhen", []):
            give(kiosk, ask(kiosk, begun, condition["question"]), opening(condition))
        if buttons(item):
            assert offered_by(kiosk, ask(kiosk, begun, link_id)) == set(buttons(item))
        for values in answers(item):
            give(kiosk, ask(kiosk, begun, link_id), values)
    sent = [row["link_id"] for row in house.rows(JournalKind.ANSWER)]
    for link_id, item in placed.items():
        assert sent.count(link_id) >= len(answers(item))


@pytest.mark.parametrize("language", offered())
@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_the_kiosk_finds_the_patients_language_in_it(
    house: House, kiosk: Browser, name: str, language: str
) -> None:
    furnish(house, name, language)
    house.documents.put("questionnaires", QUESTIONNAIRES[name], version="2")
    first = translated(QUESTIONNAIRES[name], language)["item"][0]
    page = begin(kiosk)
    assert f"<h1>{first['text']}</h1>" in unescape(page.text)
    assert f'<div class="text" lang="{language}">' in page.text


@pytest.mark.parametrize("name", PLANS)
def test_the_plan_of_the_condition_puts_it_on_todays_list(
    house: House, kiosk: Browser, name: str
) -> None:
    house.documents.put("questionnaires", QUESTIONNAIRES[name], version="1")
    house.plan(PLANS[name])
    house.clock.wall = house.clock.wall.replace(day=30)  # a Monday of the plan
    assert f"<h1>{QUESTIONNAIRES[name]['item'][0]['text']}</h1>" in begin(kiosk).text
    described = [
        activity["detail"]["description"]
        for activity in PLANS[name]["entry"][0]["resource"]["activity"]
    ]
    shown = "".join(unescape(kiosk.get(path).text) for path in PLAN_PAGES)
    assert [text for text in described if text not in shown] == []
    assert PLANS[name]["entry"][1]["resource"]["description"]["text"] in shown
