"""From the air and the wires to measurements: who may join, how a session runs."""
