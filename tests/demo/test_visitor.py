"""The visitor goes through pages of forms as a browser without scripts does."""

import threading
from collections.abc import Iterator

import pytest
from cheroot.wsgi import Server
from flask import Flask, redirect, request
from werkzeug import Response

from hub.demo.visitor import VisitError, Visitor, check_in

FORM = '<form method="post" {0}><input type="hidden" name="form" value="token">{1}</form>'
CHOICES = (
    '<button name="skip" value="1">Skip</button>'
    '<button name="answer" value="a">A</button><button name="answer" value="b">B</button>'
)
KEYPAD = (
    '<input type="hidden" name="typed" value="{0}">'
    '<button name="key" value="1">1</button><button name="key" value="7">7</button>'
)


def pages() -> Flask:
    """Two questions, the second with a keypad, then the review, then the thanks."""
    app = Flask(__name__)
    got: list[tuple[str, str]] = []
    app.config["GOT"] = got

    def record() -> None:
        assert request.form["form"] == "token"
        assert request.headers["Origin"] == f"http://{request.host}"
        got.extend(item for item in request.form.items(multi=True) if item[0] != "form")

    @app.get("/")
    def front() -> str:
        return '<a href="/plan">plan</a><a href="/check-in">check-in</a>'

    @app.get("/check-in")
    def begin() -> str:
        same = FORM.format('action="/check-in/x/same"', "<button>The same</button>")
        return same + '<a href="/check-in/x/y">begin</a><a href="/check-in/x/y/who">who</a>'

    @app.get("/check-in/x/y")
    def go_on() -> Response:
        return redirect("/check-in/x/question/1", 303)

    @app.route("/check-in/x/question/1", methods=["GET", "POST"])
    def choices() -> str | Response:
        if "part" not in request.args:
            return '<p>A long question.</p><a href="?part=1">go on</a>'
        if request.method == "POST":
            record()
            return redirect("/check-in/x/question/2", 303)
        language = '<form method="get" action="/language"><button name="answer">no</button></form>'
        return language + FORM.format('action=""', CHOICES)

    @app.route("/check-in/x/question/2", methods=["GET", "POST"])
    def keypad() -> str | Response:
        if request.method == "POST":
            record()
            if "answer" in request.form:
                return redirect("/check-in/x/review", 303)
        typed = request.form.get("typed", "") + request.form.get("key", "")
        answer = f'<input type="hidden" name="answer" value="{typed}"><button>OK</button>'
        return FORM.format("", KEYPAD.format(typed)) + FORM.format("", answer)

    @app.get("/check-in/x/review")
    def review() -> str:
        return '<a href="/check-in">change</a><a href="/check-in/x/review/1">more</a>'

    @app.get("/check-in/x/review/1")
    def more() -> str:
        change = '<form method="post" action="/call"><button>Call me</button></form>'
        return change + FORM.format('action="/check-in/x/send"', "<button>Send</button>")

    @app.post("/check-in/x/send")
    def send() -> Response:
        record()
        return redirect("/check-in/thanks", 303)

    @app.get("/check-in/thanks")
    def thanks() -> str:
        return "<h1>Thanks</h1>"

    @app.get("/away")
    def away() -> Response:
        return redirect("http://example.invalid/", 303)

    return app


@pytest.fixture
def site() -> Iterator[tuple[Visitor, list[tuple[str, str]]]]:
    app = pages()
    server = Server(("127.0.0.1", 0), app, numthreads=2)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield Visitor(f"http://127.0.0.1:{server.bind_addr[1]}/"), app.config["GOT"]
    server.stop()
    thread.join()


Site = tuple[Visitor, list[tuple[str, str]]]


def test_the_check_in_is_answered_typed_and_sent(site: Site) -> None:
    visitor, got = site
    assert check_in(visitor).path == "/check-in/thanks"
    assert got == [("answer", "a"), ("typed", ""), ("key", "7"), ("answer", "7")]


def test_a_missing_page_is_an_error_that_names_it(site: Site) -> None:
    with pytest.raises(VisitError, match="/nowhere: 404"):
        site[0].get("/nowhere")


def test_it_does_not_follow_to_another_host(site: Site) -> None:
    with pytest.raises(VisitError, match=r"example\.invalid"):
        site[0].get("/away")


def test_nobody_there_is_an_error() -> None:
    with pytest.raises(VisitError):
        Visitor("http://127.0.0.1:1/").get("/")
