"""Figures: each builder takes values and returns a `go.Figure` in the theme's own colours."""
