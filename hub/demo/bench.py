"""The demo bench: a page with a button for everything that can happen to a hub, and what arrived.

For a person who tries the hub or shows it. It listens on loopback only.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec
from cheroot.wsgi import Server
from flask import Flask, abort, redirect, render_template, request
from werkzeug import Response

from hub.demo.broker import LOOPBACK
from hub.demo.central_view import View, duration, view
from hub.demo.child import Child
from hub.demo.household import LENT, NONIN_ACTION, NONIN_KEY, NONIN_NAME
from hub.demo.peripherals.peripheral import NORWAY, Peripheral

if TYPE_CHECKING:
    from hub.demo.world import World

ARRIVALS_SHOWN = 50
MESSAGES_SHOWN = 3
REPLIES = ("Ja", "Nei", "Ring meg")
CALL_TIMEOUT_S = 15.0
MESSAGE_LENGTH = 500
WRONG_BY_H = 3


class Bench:
    """The page, served from a thread; what its buttons do is done on the loop of the world."""

    def __init__(self, world: "World", loop: asyncio.AbstractEventLoop, port: int) -> None:
        self._server = Server((LOOPBACK, port), create_app(world, loop), numthreads=4)
        self._thread = threading.Thread(target=self._server.serve, name="bench", daemon=True)

    def __enter__(self) -> Self:
        self._server.prepare()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.stop()
        self._thread.join()


def create_app(world: "World", loop: asyncio.AbstractEventLoop) -> Flask:
    app = Flask(__name__, template_folder=str(Path(__file__).parent), static_folder=None)
    # A page from elsewhere must not press these buttons through the visitor's browser.
    app.config["TRUSTED_HOSTS"] = [LOOPBACK, "localhost"]
    actions = Actions(world)

    @app.before_request
    def own_page_only() -> None:
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site") not in (
            "same-origin",
            "none",
            None,
        ):
            abort(403)

    @app.get("/")
    def bench() -> str:
        return render_template("bench.html", now=snapshot(world), addresses=world.addresses)

    @app.get("/now")
    def now() -> str:
        return render_template("bench_now.html", now=snapshot(world))

    @app.post("/do/<action>")
    @app.post("/do/<action>/<subject>")
    def do(action: str, subject: str = "") -> Response:
        work = actions.find(action, subject)
        if work is None:
            abort(404)
        asyncio.run_coroutine_threadsafe(work, loop).result(CALL_TIMEOUT_S)
        return redirect("/", 303)

    @app.post("/message")
    def message() -> Response:
        text = request.form.get("text", "").strip()[:MESSAGE_LENGTH]
        if text:
            world.send_message(text, REPLIES if "replies" in request.form else ())
        return redirect("/", 303)

    return app


class Actions:
    """What the buttons do, by name. `subject` is a device, a child, or a bundle's number."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._tasks: set[asyncio.Task[Any]] = set()
        self._verbs: dict[str, Callable[[str], Coroutine[Any, Any, None]]] = {
            "take": self._take,
            "press": self._press,
            "away": self._away,
            "clock": self._clock,
            "stop": self._stop,
            "start": self._start,
            "kill": self._kill,
            "see": self._see,
            "pause": self._pause,
        }

    def find(self, action: str, subject: str) -> Coroutine[Any, Any, None] | None:
        verb = self._verbs.get(action)
        return verb(subject) if verb and self._is_subject(action, subject) else None

    def _is_subject(self, action: str, subject: str) -> bool:
        household = self._world.household
        match action:
            case "take":
                return subject in household.on_air or subject == NONIN_KEY
            case "press" | "away" | "clock":
                return subject in household.on_air
            case "see":
                return subject.isdigit()
            case "pause":
                return subject in ("on", "off")
            case _:
                return subject in ("broker", "hub", "web")

    async def _take(self, subject: str) -> None:
        # A wired oximeter measures for seconds, and the page should not wait for it.
        task = asyncio.create_task(self._world.household.take(subject))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _press(self, subject: str) -> None:
        await self._world.household.on_air[subject].press()

    async def _away(self, subject: str) -> None:
        device = self._world.household.on_air[subject]
        device.walk_away(not device.is_away)

    async def _clock(self, subject: str) -> None:
        self._world.household.on_air[subject].clock.go_wrong(hours=-WRONG_BY_H)

    async def _stop(self, subject: str) -> None:
        if subject == "broker":
            self._world.broker.stop()
        else:
            await self._child(subject).stop()

    async def _start(self, subject: str) -> None:
        if subject == "broker":
            self._world.broker.start()
        else:
            self._child(subject).start()

    async def _kill(self, subject: str) -> None:
        if subject == "broker":
            self._world.broker.kill()
        else:
            self._child(subject).kill()

    async def _see(self, subject: str) -> None:
        self._world.central.see(int(subject))

    async def _pause(self, subject: str) -> None:
        self._world.pause(paused=subject == "on")

    def _child(self, name: str) -> Child:
        return self._world.hub if name == "hub" else self._world.web


def snapshot(world: "World") -> dict[str, Any]:
    """Everything that the page shows and that changes."""
    arrivals = world.central.arrivals()
    return {
        "devices": [*_devices(world), _wired()],
        "machines": _machines(world),
        "hub_is_online": world.hub_is_online,
        "is_paused": world.is_paused,
        "said": _said(world),
        "arrivals": [_shown(view(it)) for it in reversed(arrivals[-ARRIVALS_SHOWN:])],
        "count": len(arrivals),
        "duplicates": world.central.store.duplicates(),
    }


def _devices(world: "World") -> list[dict[str, Any]]:
    return [
        {
            "key": lent.key,
            "name": lent.name,
            "model": lent.kind.identity.model,
            "action": lent.action,
            "state": _state(world.household.on_air[lent.key]),
            "is_away": world.household.on_air[lent.key].is_away,
            "is_on_air": True,
        }
        for lent in LENT
    ]


def _wired() -> dict[str, Any]:
    return {
        "key": NONIN_KEY,
        "name": NONIN_NAME,
        "model": "Nonin, format 8",
        "action": NONIN_ACTION,
        "state": "attached",
        "is_away": False,
        "is_on_air": False,
    }


def _state(device: Peripheral) -> str:
    waiting = f", {device.unread} unread" if device.unread else ""
    if device.is_away:
        return f"out of range{waiting}"
    if device.connection is not None:
        return f"connected{waiting}"
    return f"advertising{waiting}" if device.is_advertising else "asleep"


def _machines(world: "World") -> list[dict[str, Any]]:
    children = [
        {"name": child.name, "pid": child.pid, "is_wanted": child.is_wanted, "starts": child.starts}
        for child in (world.hub, world.web)
    ]
    broker = {"name": "broker", "pid": world.broker.pid, "starts": None}
    return [broker | {"is_wanted": world.broker.is_running}, *children]


def _said(world: "World") -> list[str]:
    """What the patient did with messages: the newest word of each that has one, newest first."""
    details = {ack.get("id"): ack.get("detail", {}) for ack in world.central.acks}
    return [
        f"“{detail['reply']}”" if "reply" in detail else "read"
        for detail in reversed(details.values())
        if "readAt" in detail
    ][:MESSAGES_SHOWN]


def _shown(seen: View) -> dict[str, Any]:
    arrival = seen.arrival
    return {
        "arrival": arrival,
        "lines": seen.lines,
        "taken_at": seen.taken_at and seen.taken_at.astimezone(NORWAY),
        "received_at": arrival.received_at.astimezone(NORWAY),
        "late": seen.late_by and duration(seen.late_by),
        "fhir": msgspec.json.format(arrival.body, indent=2).decode(),
    }
