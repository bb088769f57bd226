"""Sources of ticks behind one small protocol."""
