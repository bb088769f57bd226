"""Strategies: each turns what is known now into a proposal."""
