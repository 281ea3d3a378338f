"""Medical devices as a library: bytes in, measurements out. Standard library only."""
