"""The panel on gpiozero's mock pins, which count edges like real ones."""

import asyncio
from collections.abc import Iterator

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from hub import panel
from hub.panel import Light, Panel
from hub.settings import Panel as PanelSettings

PINS = PanelSettings(led_pin=17, button_pin=27, buzzer_pin=22, call_pin=23)


@pytest.fixture(autouse=True)
def pins() -> Iterator[MockFactory]:
    factory = MockFactory()
    Device.pin_factory = factory
    yield factory
    factory.reset()
    Device.pin_factory = None


async def test_a_short_press_is_told_once_when_it_ends(pins: MockFactory) -> None:
    presses: asyncio.Queue[str] = asyncio.Queue()
    board = Panel(
        PINS,
        pressed=lambda: presses.put_nowait("pressed"),
        held=lambda: presses.put_nowait("held"),
    )
    pin = pins.pin(27)
    pin.drive_low()
    assert presses.empty()
    pin.drive_high()
    assert await presses.get() == "pressed"
    board.close()


async def test_a_held_button_is_not_also_a_press(
    pins: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel, "HOLD_S", 0.05)
    presses: asyncio.Queue[str] = asyncio.Queue()
    board = Panel(
        PINS,
        pressed=lambda: presses.put_nowait("pressed"),
        held=lambda: presses.put_nowait("held"),
    )
    pin = pins.pin(27)
    pin.drive_low()
    assert await presses.get() == "held"
    pin.drive_high()
    await asyncio.sleep(0)
    assert presses.empty()
    board.close()


async def test_the_patients_own_button_asks_to_be_called(pins: MockFactory) -> None:
    presses: asyncio.Queue[str] = asyncio.Queue()
    board = Panel(
        PINS,
        pressed=lambda: presses.put_nowait("pressed"),
        held=lambda: presses.put_nowait("held"),
        called=lambda: presses.put_nowait("called"),
    )
    pin = pins.pin(23)
    pin.drive_low()
    assert await presses.get() == "called"
    pin.drive_high()
    await asyncio.sleep(0)
    assert presses.empty()
    board.close()


async def test_the_light_says_ready_and_receiving(pins: MockFactory) -> None:
    board = Panel(PINS, pressed=lambda: None, held=lambda: None)
    board.show(Light.READY)
    assert pins.pin(17).state
    board.show(Light.TROUBLE)
    board.show(Light.READY)
    assert pins.pin(17).state
    board.close()


async def test_a_panel_without_pins_does_nothing() -> None:
    board = Panel(PanelSettings(), pressed=lambda: None, held=lambda: None)
    board.show(Light.READY)
    board.beep()
    board.close()


async def test_off_the_pi_the_pins_are_mocked() -> None:
    Device.pin_factory = None
    board = Panel(PINS, pressed=lambda: None, held=lambda: None)
    assert isinstance(Device.pin_factory, MockFactory)
    board.close()
