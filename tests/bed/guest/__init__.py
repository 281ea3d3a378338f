"""What runs in the guest: BlueZ, an adapter, virtual devices, the hub, and scenarios."""
