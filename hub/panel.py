"""LED, button, buzzer: the hub without its screen. The only importer of gpiozero.

One short press opens the join window; five seconds open the setup page. A second button asks to be
called: it is the patient's, and does nothing else. Off the Pi the pins are
gpiozero's own mock pins, so the same code runs everywhere.
"""

import asyncio
import warnings
from collections.abc import Callable
from enum import Enum

from gpiozero import LED, Button, Buzzer, Device
from gpiozero.exc import BadPinFactory, PinFactoryFallback
from gpiozero.pins.mock import MockFactory

from hub.settings import Panel as PanelSettings

HOLD_S = 5.0
BOUNCE_S = 0.05
BEEP_S = 0.15


class Light(Enum):
    """(seconds on, seconds off): words for the LED, told on the screen too."""

    READY = (1.0, 0.0)
    JOINING = (0.5, 0.5)
    RECEIVING = (0.15, 0.15)
    TROUBLE = (0.1, 1.9)
    DUE = (1.5, 1.5)


class Panel:
    """`pressed`, `held` and `called` are called on the event loop."""

    def __init__(
        self,
        settings: PanelSettings,
        *,
        pressed: Callable[[], None],
        held: Callable[[], None],
        called: Callable[[], None] = lambda: None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._pressed = pressed
        self._held = held
        self._called = called
        self._was_held = False
        self._light: Light | None = None
        if settings.enabled:
            _choose_pins()
        pins = settings if settings.enabled else PanelSettings(enabled=False)
        self._led = None if pins.led_pin is None else LED(pins.led_pin)
        self._buzzer = None if pins.buzzer_pin is None else Buzzer(pins.buzzer_pin)
        self._button = None if pins.button_pin is None else self._watch(pins.button_pin)
        self._call_button = None if pins.call_pin is None else self._watch_calls(pins.call_pin)

    def show(self, light: Light) -> None:
        if self._led is None or light is self._light:
            return
        self._light = light
        on_s, off_s = light.value
        if off_s:
            self._led.blink(on_s, off_s)
        else:
            self._led.on()

    def beep(self) -> None:
        """A reading is saved, something is due, the call is on its way."""
        if self._buzzer is not None:
            self._buzzer.beep(BEEP_S, BEEP_S, n=1)

    def identify(self) -> None:
        """Which of the boxes on the table is meant?"""
        if self._buzzer is not None:
            self._buzzer.beep(BEEP_S, BEEP_S, n=5)

    def close(self) -> None:
        for part in (self._led, self._buzzer, self._button, self._call_button):
            if part is not None:
                part.close()

    def _watch(self, pin: int) -> Button:
        button = Button(pin, bounce_time=BOUNCE_S, hold_time=HOLD_S)
        button.when_held = self._on_held
        button.when_released = self._on_released
        return button

    def _watch_calls(self, pin: int) -> Button:
        button = Button(pin, bounce_time=BOUNCE_S)
        button.when_pressed = self._on_call
        return button

    def _on_call(self) -> None:
        self._loop.call_soon_threadsafe(self._called)

    def _on_held(self) -> None:
        self._was_held = True
        self._loop.call_soon_threadsafe(self._held)

    def _on_released(self) -> None:
        """A press counts when it ends, so that a long one is not also a short one."""
        was_held, self._was_held = self._was_held, False
        if not was_held:
            self._loop.call_soon_threadsafe(self._pressed)


def _choose_pins() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PinFactoryFallback)  # one for each library that it tried
        try:
            Device.ensure_pin_factory()
        except (BadPinFactory, OSError):
            Device.pin_factory = MockFactory()
