"""Bluetooth SIG health profiles, one per file."""
