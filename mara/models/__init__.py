"""Pure mathematics: arrays and values in, values out; randomness is an argument."""
