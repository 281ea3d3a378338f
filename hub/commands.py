"""What the central service may ask for (`dn/cmd`), done by the hub. Each is quick and durable."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from hub.clock import Now
from hub.home import Home
from hub.messages import Messages
from hub.records import KitItem
from hub.uplink.commands import Handler, Refused
from hub.uplink.orders import (
    DevicePair,
    DeviceUnpair,
    MeasureRequest,
    MessageClear,
    MessageShow,
    Order,
    QuestionnaireRequest,
)

Reply = Mapping[str, Any]


class CommandHandlers:
    """`handlers` goes to the uplink; an order's `args` has the struct of its type.

    told  the central service says that it is now between these two times
    """

    def __init__(
        self,
        messages: Messages,
        home: Home,
        now: Now,
        *,
        forget: Callable[[str], Awaitable[None]],
        identify: Callable[[], None],
        told: Callable[[datetime, datetime], Awaitable[None]],
    ) -> None:
        self._messages = messages
        self._home = home
        self._now = now
        self._forget = forget
        self._identify = identify
        self._told = told
        self.handlers: Mapping[str, Handler] = {
            "message.show": self._message_show,
            "message.clear": self._message_clear,
            "measure.request": self._measure_request,
            "questionnaire.request": self._questionnaire_request,
            "device.pair": self._device_pair,
            "device.unpair": self._device_unpair,
            "time.sync": self._time_sync,
            "config.reload": self._config_reload,
            "hub.identify": self._hub_identify,
        }

    async def _message_show(self, order: Order) -> Reply | None:
        """With `requireRead` the command ends when the patient has read it, with `replies` when
        one of them was chosen; that it was read is told before that."""
        args: MessageShow = order.args
        waits = args.require_read or bool(args.replies)
        await self._messages.put(
            order, must_be_read=waits, title=args.title, text=args.text, replies=args.replies
        )
        return None if waits else {}

    async def _message_clear(self, order: Order) -> Reply:
        args: MessageClear = order.args
        return {"removed": await self._messages.remove(str(args.id))}

    async def _measure_request(self, order: Order) -> Reply:
        args: MeasureRequest = order.args
        await self._messages.put(order, text=args.text, measure=args.kind)
        return {}

    async def _questionnaire_request(self, order: Order) -> Reply:
        args: QuestionnaireRequest = order.args
        await self._messages.put(order, questionnaire=args.questionnaire)
        return {}

    async def _device_pair(self, order: Order) -> Reply:
        args: DevicePair = order.args
        named = args.address or args.model
        expected = KitItem(model=args.model or "", address=args.address) if named else None
        self._home.open_window(args.window, expected)
        return {"windowS": args.window}

    async def _device_unpair(self, order: Order) -> Reply:
        args: DeviceUnpair = order.args
        device = await self._home.remove(args.device_key)
        if device is None:
            raise Refused("no such device")
        if device.transport == "ble":
            await self._forget(device.address)
        return {}

    async def _time_sync(self, order: Order) -> Reply:
        """A clock that was doubted is believed where it agrees; the answer tells how it is."""
        await self._told(order.issued, order.expires)
        now = self._now()
        return {"synced": now.trusted, "hubTime": now.wall.isoformat()}

    async def _config_reload(self, order: Order) -> Reply:
        raise Refused("settings are read when the hub starts")

    async def _hub_identify(self, order: Order) -> Reply:
        self._identify()
        return {}
