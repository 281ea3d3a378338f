"""What patient and technician asked for on the pages, done by the hub.

Ids of what leaves are made from the row's own number or check-in, so doing one twice after a
crash makes the same bundle, and the outbox keeps it once.
"""

import re
from collections.abc import Awaitable, Callable, Mapping

from hub.books import Books
from hub.bundles import Bundles
from hub.calls import Calls
from hub.diary import Diary
from hub.home import Home
from hub.messages import Messages
from hub.records import Entry, JournalKind, OutboxKind, Outcome
from hub.store.ledger import OwnerChange

DONE = Outcome(ok=True)
CONSENT = re.compile(r"[0-9]{1,4}")  # User Data Service: 0 to 9999
SLOTS = range(0xFF)  # 0xFF is the unknown user


class Requests:
    """`in_ledger` and `live` are what `hub.takeover.Takeover` runs for each kind of row."""

    def __init__(
        self,
        books: Books,
        home: Home,
        bundles: Bundles,
        messages: Messages,
        calls: Calls,
        diary: Diary,
        *,
        choose: Callable[[str], bool],
        forget: Callable[[str], Awaitable[None]],
        test_connection: Callable[[], Awaitable[Outcome]],
        confirm_time: Callable[[], Awaitable[bool]],
        wake: Callable[[], None],
    ) -> None:
        self._books = books
        self._home = home
        self._bundles = bundles
        self._messages = messages
        self._calls = calls
        self._diary = diary
        self._choose = choose
        self._forget = forget
        self._test_connection = test_connection
        self._confirm_time = confirm_time
        self._wake = wake
        self.in_ledger: Mapping[JournalKind, Callable[[Entry], Outcome | None]] = {
            JournalKind.CHECK_IN_COMPLETED: self._check_in_completed,
            JournalKind.CHECK_IN_UNDONE: self._check_in_undone,
            JournalKind.HELP_REQUESTED: self._help_requested,
            JournalKind.NOT_ME: self._not_me,
            JournalKind.THIS_WAS_ME: self._this_was_me,
            JournalKind.SEND_AGAIN: self._send_again,
        }
        self.live: Mapping[JournalKind, Callable[[Entry], Awaitable[Outcome | None]]] = {
            JournalKind.MESSAGE_READ: self._message_read,
            JournalKind.MESSAGE_REPLIED: self._message_replied,
            JournalKind.OPEN_JOIN_WINDOW: self._open_join_window,
            JournalKind.CLOSE_JOIN_WINDOW: self._close_join_window,
            JournalKind.JOIN: self._join,
            JournalKind.REMOVE_DEVICE: self._remove_device,
            JournalKind.RENAME_DEVICE: self._rename_device,
            JournalKind.REPLACE_DEVICE: self._replace_device,
            JournalKind.PASSKEY: self._passkey,
            JournalKind.CONSENT: self._consent,
            JournalKind.RECORD_SESSION: self._record_session,
            JournalKind.TEST_CONNECTION: self._try_connection,
            JournalKind.TRUST_CLOCK: self._trust_clock,
        }

    def _check_in_completed(self, entry: Entry) -> Outcome:
        id, body = self._bundles.response(entry)
        self._books.ledger.outbox.put(
            OutboxKind.QUESTIONNAIRE_RESPONSE, id, body, created=entry.written
        )
        self._diary.completed(
            str(entry.body["check_in"]), str(entry.body["questionnaire"]), entry.written
        )
        self._wake()
        return Outcome(ok=True, data={"bundle": id})

    def _check_in_undone(self, entry: Entry) -> Outcome:
        """Answers that wait to be sent still go: what takes them back goes after them."""
        check_in = str(entry.body["check_in"])
        taken_back = self._bundles.response_taken_back(check_in, entry.written)
        if taken_back is None:
            return Outcome(ok=False, detail="no such check-in was completed")
        id, body = taken_back
        self._books.ledger.outbox.put(
            OutboxKind.QUESTIONNAIRE_RESPONSE, id, body, created=entry.written
        )
        self._diary.undone(check_in)
        self._wake()
        return Outcome(ok=True, data={"bundle": id})

    def _help_requested(self, entry: Entry) -> Outcome:
        bundle = self._calls.ask(f"journal {entry.number}", entry.written, "screen")
        return Outcome(ok=True, data={"bundle": bundle})

    def _not_me(self, entry: Entry) -> Outcome:
        measurement = str(entry.body["measurement"])
        change = self._books.ledger.disown(measurement)
        if change is OwnerChange.TOO_LATE:
            self._bundles.not_theirs(measurement)
        return Outcome(ok=change is not OwnerChange.UNKNOWN, detail=change.value)

    def _this_was_me(self, entry: Entry) -> Outcome:
        change = self._books.ledger.own(str(entry.body["measurement"]))
        self._wake()
        return Outcome(ok=change is not OwnerChange.UNKNOWN, detail=change.value)

    def _send_again(self, entry: Entry) -> Outcome:
        ok = self._books.ledger.outbox.send_again(int(entry.body["seq"]))
        self._wake()
        return Outcome(ok=ok, detail="" if ok else "not parked")

    async def _message_read(self, entry: Entry) -> None:
        await self._messages.read(str(entry.body["message"]), entry.written.wall)

    async def _message_replied(self, entry: Entry) -> Outcome:
        message, reply = str(entry.body["message"]), str(entry.body["reply"])
        problem = await self._messages.replied(message, reply, entry.written.wall)
        return Outcome(ok=not problem, detail=problem)

    async def _open_join_window(self, entry: Entry) -> Outcome:
        self._home.open_window()
        return DONE

    async def _close_join_window(self, entry: Entry) -> Outcome:
        self._home.close_window()
        return DONE

    async def _join(self, entry: Entry) -> Outcome:
        ok = self._choose(str(entry.body["address"]))
        return Outcome(ok=ok, detail="" if ok else "not heard in this join window")

    async def _remove_device(self, entry: Entry) -> Outcome:
        device = await self._home.remove(str(entry.body["device_key"]))
        if device and device.transport == "ble":
            await self._forget(device.address)
        return Outcome(ok=device is not None)

    async def _rename_device(self, entry: Entry) -> Outcome:
        ok = await self._home.rename(str(entry.body["device_key"]), str(entry.body["name"]))
        return Outcome(ok=ok)

    async def _replace_device(self, entry: Entry) -> Outcome:
        """The old one stays until a new one like it has joined."""
        device = self._home.device(str(entry.body["device_key"]))
        if device is None or device.transport != "ble":
            return Outcome(ok=False, detail="no such device")
        self._home.open_window(replacing=device)
        return DONE

    async def _passkey(self, entry: Entry) -> Outcome:
        ok = self._home.passkeys.answer(str(entry.body["address"]), str(entry.body["passkey"]))
        return Outcome(ok=ok, detail="" if ok else "not asked for, or not six digits")

    async def _consent(self, entry: Entry) -> Outcome:
        slot, consent = int(entry.body["user_index"]), str(entry.body["consent"])
        if not (slot in SLOTS and CONSENT.fullmatch(consent)):
            return Outcome(ok=False, detail="no user number, or no code of four digits")
        ok = await self._home.consent(str(entry.body["device_key"]), slot, consent)
        return Outcome(ok=ok, detail="" if ok else "no such device")

    async def _record_session(self, entry: Entry) -> Outcome:
        device = self._home.device(str(entry.body["device_key"]))
        if device is None or device.transport != "ble":
            return Outcome(ok=False, detail="no such device")
        self._home.recordings.ask(device.key)
        return DONE

    async def _trust_clock(self, entry: Entry) -> Outcome:
        ok = await self._confirm_time()
        return Outcome(ok=ok, detail="" if ok else "not synchronised")

    async def _try_connection(self, entry: Entry) -> Outcome:
        return await self._test_connection()
