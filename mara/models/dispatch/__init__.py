"""The dispatch optimiser: machines, inference tiers, battery and connection over a horizon."""
