"""Benchmarks: each prints a table of this machine."""
