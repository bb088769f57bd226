"""The agents and the runtime that carries them from tick to snapshot."""
