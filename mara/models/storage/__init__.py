"""Stored energy over time: its value, its marginal value, and the policies that follow."""
