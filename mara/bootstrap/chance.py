"""Generators of chance for faces: one place makes them."""

from __future__ import annotations

import numpy as np

__all__ = ["generator"]


def generator(seed: int) -> np.random.Generator:
    """Make a generator that draws the same for the same seed."""
    return np.random.default_rng(seed)
