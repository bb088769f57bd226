"""Coalitional games: how to share what cooperation earns, and whether it is stable."""
