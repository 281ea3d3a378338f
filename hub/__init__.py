"""The home hub: acquire, store, forward, show."""

from importlib.metadata import version

VERSION = version("hjemmehub")
