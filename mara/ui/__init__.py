"""Figures, theme and cached resources of the dashboard."""
