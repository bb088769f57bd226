"""Online learning: one algorithm a file."""
