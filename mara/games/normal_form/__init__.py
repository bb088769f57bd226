"""Finite games in normal form: their value, files, equilibria and learning dynamics."""
