"""Measurements in the words of the vectors, so that the two can be compared: a module for each
family, whose DECODERS are characteristic or protocol → octets in, that vector's members out."""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

Seen = dict[str, Any]
Decode = Callable[[bytes], Seen]


def decoders() -> dict[str, Decode]:
    found: dict[str, Decode] = {}
    for module in iter_modules(__path__):
        found |= import_module(f"{__name__}.{module.name}").DECODERS
    return found
