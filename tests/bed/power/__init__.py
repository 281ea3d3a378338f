"""A home whose power is cut: what happens in it, and what must be there afterwards."""
