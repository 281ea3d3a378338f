"""Plays a recorded conversation as a link: for tests, and to see a reported fault again.

A trace is a JSON object:

    driver    id of the driver that reads it
    device    what was recorded, or built after which document
    source    where payloads and expected values come from
    reads     BLE only: {"2a19": "64"}, the characteristics that can be read; null = refused
    offers    BLE only: further characteristics that the device has, ["2a35"]
    steps     what happens, in order; each one of
                {"notify": "2a35", "payload": "1e…"}   BLE: arrives if it was subscribed to
                {"advertise": {"181b": "02a4…"}}       BLE: data of a service, nobody connects
                {"write": "2a52", "payload": "0101"}   BLE: the device waits for this write
                {"receive": "80396220"}                serial: octets arrive
                {"write": "02720003"}                  serial: the device waits for this write
                {"silence": true}                      serial: nothing comes for one deadline
              and after the last the device is gone
    memory    BLE only: what an earlier session has learned
    quirks    BLE only: oddities of this model
    expect    what the driver yields, in the words of the caller
    about     what is good to know of a recorded device, for the reader
    ended     what broke the recorded conversation off

Payloads are hexadecimal.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from drivers.contract import Advertisement
from drivers.errors import LinkLost, LinkRefused, LinkTimeout
from drivers.links import uuid16

Step = Mapping[str, Any]
LISTS = ("steps", "expect", "offers", "quirks")
DEADLINE_S = 5.0  # what a replayed timeout says; nothing waits for it


@dataclass(frozen=True, slots=True)
class Trace:
    driver: str
    device: str
    source: str
    steps: tuple[Step, ...]
    expect: tuple[Any, ...] = ()
    reads: Mapping[str, str | None] | None = None
    offers: tuple[str, ...] = ()
    memory: Mapping[str, str] = field(default_factory=dict)
    quirks: tuple[str, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)
    ended: str | None = None

    def advertisements(self) -> list[Advertisement]:
        """What is heard on the air, one for each step that says so."""
        return [
            Advertisement("", service_data={_uuid(name): bytes.fromhex(text)})
            for step in self.steps
            for name, text in step.get("advertise", {}).items()
        ]


def load_trace(path: Path) -> Trace:
    """Raises OSError, json.JSONDecodeError or TypeError (an unknown or missing member)."""
    return trace_of(json.loads(path.read_text("utf-8"), parse_float=Decimal))


def trace_of(members: Mapping[str, Any]) -> Trace:
    """Raises TypeError."""
    lists = {name: tuple(members.get(name, ())) for name in LISTS}
    return Trace(**{**members, **lists})


class ReplayGattLink:
    """A GattLink on which the trace's device answers. `written` and `subscribed` tell the tale."""

    def __init__(self, trace: Trace) -> None:
        self.written: list[tuple[str, bytes]] = []
        self.subscribed: list[str] = []
        self._steps = list(trace.steps)
        self._reads = {_uuid(name): text for name, text in (trace.reads or {}).items()}
        named = (_uuid(step.get("notify") or step["write"]) for step in self._steps)
        self._offers = {*self._reads, *map(_uuid, trace.offers), *named}

    def has(self, characteristic: str) -> bool:
        return characteristic in self._offers

    async def read(self, characteristic: str) -> bytes:
        text = self._reads.get(characteristic)
        if text is None:
            raise LinkRefused(f"read {characteristic}", "not readable in this trace")
        return bytes.fromhex(text)

    async def write(self, characteristic: str, payload: bytes) -> None:
        self._require(characteristic)
        self.written.append((characteristic, payload))

    async def subscribe(self, characteristic: str) -> None:
        self._require(characteristic)
        self.subscribed.append(characteristic)

    async def notifications(self, idle_s: float | None = None) -> AsyncIterator[tuple[str, bytes]]:
        while self._steps and self._is_due(self._steps[0]):
            step = self._steps.pop(0)
            if "notify" in step and _uuid(step["notify"]) in self.subscribed:
                yield _uuid(step["notify"]), bytes.fromhex(step["payload"])

    async def pause(self, seconds: float) -> None:
        """Nothing waits for a recording."""

    def _is_due(self, step: Step) -> bool:
        if "notify" in step:
            return True
        return (_uuid(step["write"]), bytes.fromhex(step["payload"])) in self.written

    def _require(self, characteristic: str) -> None:
        if not self.has(characteristic):
            raise LinkRefused(f"use {characteristic}", "not offered in this trace")


class ReplaySerialLink:
    """A SerialLink on which the trace's device answers."""

    def __init__(self, trace: Trace) -> None:
        self.written: list[bytes] = []
        self._steps = list(trace.steps)
        self._arrived = bytearray()

    async def read(self, count: int) -> bytes:
        while len(self._arrived) < count:
            self._next()
        taken = bytes(self._arrived[:count])
        del self._arrived[:count]
        return taken

    async def write(self, payload: bytes) -> None:
        self.written.append(payload)

    def _next(self) -> None:
        if not self._steps:
            raise LinkLost("read", "the trace has ended")
        step = self._steps.pop(0)
        if "receive" in step:
            self._arrived += bytes.fromhex(step["receive"])
        elif "silence" in step or bytes.fromhex(step["write"]) not in self.written:
            raise LinkTimeout("read", DEADLINE_S)


def _uuid(short: str) -> str:
    return uuid16(int(short, 16)) if len(short) == 4 else short.lower()
