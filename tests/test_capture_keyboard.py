"""What is typed while `hub capture` pairs must not hold up the radio."""

import asyncio
import os

import pytest

from hub.capture import _line


@pytest.mark.parametrize("typed", ["123456\n", ""])
async def test_a_line_is_waited_for_beside_everything_else(typed: str) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as keyboard:
        coming = asyncio.ensure_future(_line(keyboard))
        await asyncio.sleep(0)
        assert not coming.done()
        os.write(writing, typed.encode())
        os.close(writing)
        assert await coming == typed
