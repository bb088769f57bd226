"""Mechanisms: who gets what and pays what, from what each reports."""
