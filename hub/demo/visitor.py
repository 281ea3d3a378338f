"""A visitor to the kiosk's pages: follows links and fills forms like a browser without scripts."""

import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin, urlsplit

TIMEOUT_S = 10
PAGES_AT_MOST = 60
CHECK_IN = "check-in"
BEGIN = re.compile(r"check-in/[^/]+/[^/]+$")
DIGIT = "7"


class VisitError(Exception):
    """The pages did not lead where they should; the text says where it ended."""


@dataclass(slots=True)
class Form:
    """`fields` are sent with every submission; `buttons` are (name, value), one is pressed."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def button(self, name: str, value: str | None = None) -> tuple[str, str] | None:
        for button in self.buttons:
            if button[0] == name and value in (None, button[1]):
                return button
        return None

    def further(self) -> tuple[str, str] | None:
        """What ends the page, rather than what shows more of it."""
        return next((button for button in self.buttons if button[0] != "more"), None)

    def has_value(self, name: str) -> bool:
        return any(key == name and value for key, value in self.fields)


@dataclass(frozen=True, slots=True)
class Page:
    address: str
    status: int
    forms: list[Form]
    links: list[str]
    text: str

    @property
    def path(self) -> str:
        return urlsplit(self.address).path


class Visitor:
    def __init__(self, start: str) -> None:
        self._start = start
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar()), _Redirects()
        )

    def get(self, address: str) -> Page:
        return self._open(urllib.request.Request(urljoin(self._start, address)))  # noqa: S310

    def press(self, page: Page, form: Form, button: tuple[str, str] | None = None) -> Page:
        sent = [*form.fields, *([button] if button and button[0] else [])]
        address = urljoin(page.address, form.action)
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(self._start))
        request = urllib.request.Request(  # noqa: S310
            address,
            data=urlencode(sent).encode(),
            headers={"Origin": origin, "Sec-Fetch-Site": "same-origin"},
            method="POST",
        )
        return self._open(request)

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as response:
                text = response.read().decode()
                parser = _Reader()
                parser.feed(text)
                return Page(response.geturl(), response.status, parser.forms, parser.links, text)
        except urllib.error.HTTPError as error:
            with error:
                raise VisitError(f"{request.full_url}: {error.code} {error.reason}") from error
        except OSError as error:
            raise VisitError(f"{request.full_url}: {error}") from error


def check_in(visitor: Visitor, start: str | None = None) -> Page:
    """Do today's check-in, taking the first answer that is offered.

    start  where it begins; else where the front page leads to, or today's
    Returns the page that thanks. VisitError when there is no check-in or no way through it.
    """
    if start is None:
        front = visitor.get("/")  # which shows the first tasks of the day only
        start = next((it for it in front.links if CHECK_IN in it), f"/{CHECK_IN}")
    page = visitor.get(start)
    for _ in range(PAGES_AT_MOST):
        if page.path.endswith("/thanks"):
            return page
        page = _next(visitor, page)
    raise VisitError(f"{page.address}: still asking after {PAGES_AT_MOST} pages")


def _next(visitor: Visitor, page: Page) -> Page:
    """One step: a ready answer, else what was typed, else a key of the keypad, else go on."""
    forms = [form for form in page.forms if form.method == "post"]
    for form in forms:
        if answer := form.button("answer"):
            return visitor.press(page, form, answer)
    for form in forms:
        if form.has_value("answer"):
            return visitor.press(page, form)
    for form in forms:
        if key := form.button("key", DIGIT):
            return visitor.press(page, form, key)
    for form in forms:
        if form.action.endswith("/send") or "/question/" in (form.action or page.path):
            return visitor.press(page, form, form.further())
    # It begins with a page that says how long it is; a long question begins with its text.
    for link in page.links:
        if BEGIN.search(link) or link.startswith("?part="):
            return visitor.get(urljoin(page.address, link))
    # The answers to look over can be more than one page; the last one has the button.
    further = [link for link in page.links if "/review/" in link]
    if further:
        return visitor.get(max(further, key=lambda link: int(link.rpartition("/")[2])))
    raise VisitError(f"{page.address}: nothing to press")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """A 303 is followed with GET, as urllib does; nothing leaves for another host."""

    def redirect_request(  # type: ignore[no-untyped-def]
        self, request, fp, code, message, headers, newurl
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).netloc != urlsplit(request.full_url).netloc:
            raise VisitError(f"sent away to {newurl}")
        return super().redirect_request(request, fp, code, message, headers, newurl)


class _Reader(HTMLParser):
    """Collects the forms and links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._open: Form | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            method = given.get("method", "get").lower()
            self._open = Form(given.get("action", ""), method)
            self.forms.append(self._open)
        elif self._open is not None:
            self._take(self._open, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None

    def _take(self, form: Form, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "submit" if tag == "button" else "text").lower()
        pair = (given.get("name", ""), given.get("value", ""))
        if "disabled" in given:
            return
        if tag in ("button", "input") and kind in ("submit", "image"):
            form.buttons.append(pair)
        elif (
            tag == "input" and pair[0] and (kind not in ("radio", "checkbox") or "checked" in given)
        ):
            form.fields.append(pair)
