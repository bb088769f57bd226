"""Tables: each builder takes values and returns a frame with units in its headers."""
