"""Forecasting as it runs: experts that notice breaks, their mixture, and bands that keep honest."""
