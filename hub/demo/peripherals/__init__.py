"""Virtual devices that behave like real ones: they sleep, bond, indicate, hang up and forget."""
