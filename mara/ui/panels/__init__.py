"""Panels: the parts pages are put together from, each one titled box with its data badge."""
