"""Dispatch: machines, tiers, battery and connection over a horizon, one function a constraint."""
