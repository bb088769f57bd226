"""From an intent to an effect: the gate, the venues, the reading back."""
