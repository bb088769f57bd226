"""Forecasters: one a file, one protocol."""
