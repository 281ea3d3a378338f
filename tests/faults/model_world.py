"""What is outside of the hub in the model: broker, central service, and what they know for sure."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hub.demo import central_bundle
from hub.uplink.endings import ConnectionEnded, Ending
from hub.uplink.envelope import Publication


@dataclass
class Sent:
    """In flight. `taken`: the broker has it, whether it has said so or not."""

    publication: Publication
    answer: asyncio.Future[int]
    taken: bool = False


@dataclass(frozen=True)
class Receipt:
    """`is_stored`: what it says, without anybody reading `payload`."""

    bundle: str
    is_stored: bool
    payload: bytes


@dataclass
class Wire:
    """`hub.uplink.sender.Line`. `passes` is asked of each publication: is it as it must be?"""

    loop: asyncio.AbstractEventLoop
    passes: Callable[[Publication], None]
    in_flight_limit: int = 10
    sent: list[Sent] = field(default_factory=list)
    ended: Ending | None = None

    def publish(self, publication: Publication) -> asyncio.Future[int]:
        if self.ended is not None:
            raise ConnectionEnded(self.ended)
        one = Sent(publication, self.loop.create_future())
        self.sent.append(one)
        assert len(self.sent) <= self.in_flight_limit, "too much in flight"
        self.passes(publication)
        return one.answer

    def end(self, ending: Ending) -> None:
        self.ended = ending
        for one in self.sent:
            one.answer.set_exception(ConnectionEnded(ending))
            one.answer.exception()  # that nobody waits for it is no fault


@dataclass
class World:
    """
    uploads     at the broker, for the central service
    receipts    at the broker, for the hub
    bytes_of    bundle → its bytes, the same for ever
    identities  what the central service has: an entry's identity → its resource
    copies      deliveries of each bundle
    puback_ok   bundles of which the hub was told that the broker has them
    told        bundles of which the hub was told that the central service has them
    """

    uploads: deque[Publication] = field(default_factory=deque)
    receipts: deque[Receipt] = field(default_factory=deque)
    bytes_of: dict[str, bytes] = field(default_factory=dict)
    identities: dict[str, Any] = field(default_factory=dict)
    bundles: set[str] = field(default_factory=set)
    copies: Counter[str] = field(default_factory=Counter)
    puback_ok: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    knows_the_session: bool = False

    def take(self, one: Sent) -> None:
        """The broker has it."""
        if not one.taken:
            one.taken = True
            self.uploads.append(one.publication)

    def store(self, publication: Publication, outcome: str) -> None:
        """The central service deals with a bundle and says so."""
        plain = central_bundle.unpacked(publication.payload, publication.encoding)
        kind = publication.topic.rpartition("/")[2]
        upload = central_bundle.read(kind, plain, str(publication.id))
        self.copies[upload.id] += 1
        entries: list[dict[str, Any]] = []
        match outcome:
            case "accepted":
                self._keep(upload)
            case "partial" | "partial for now":
                self._keep(upload, but=upload.entries[-1].full_url)
                status = "422" if outcome == "partial" else "503"
                entries = [{"fullUrl": upload.entries[-1].full_url, "status": status}]
        self.say(upload.id, outcome.split()[0], entries=entries)

    def say(self, bundle: str, outcome: str, **more: Any) -> None:
        document = {"schema": "dho.receipt/1.1", "bundle": bundle, "outcome": outcome}
        is_stored = outcome == "accepted"
        self.receipts.append(Receipt(bundle, is_stored, msgspec.json.encode(document | more)))

    def forget(self) -> None:
        """The broker's store is gone, with everything that it had acknowledged."""
        self.uploads.clear()
        self.receipts.clear()
        self.knows_the_session = False

    def weights(self) -> Counter[str]:
        """Each value as often as it counts at the central service."""
        found = [entry.get("valueQuantity") for entry in self.identities.values()]
        return Counter(str(one["value"]) for one in found if one is not None)

    def _keep(self, upload: central_bundle.Upload, but: str = "") -> None:
        for entry in upload.entries:
            if entry.full_url != but:
                self.identities[entry.identity] = msgspec.json.decode(entry.resource)
        if not but:
            self.bundles.add(upload.id)
