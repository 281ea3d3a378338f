"""Serial protocols, one per file."""
