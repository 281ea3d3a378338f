"""Real kernel Bluetooth, bluetoothd and D-Bus under the hub: `./setup.sh bed`, CONTRIBUTING.md."""
