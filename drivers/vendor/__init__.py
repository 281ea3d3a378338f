"""Proprietary Bluetooth LE families, one per file."""
