"""Scenarios: joint futures of the market with probabilities, made, and reduced to a few."""
