"""A world without hardware: virtual devices, a broker, a central service, and a bench."""
