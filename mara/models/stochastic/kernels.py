"""Recursions that numpy has no loop for, compiled by numba.

numba takes a second to load, so this module is imported inside the functions that use it. The
loops let go of the interpreter's lock, so that threads run them side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from mara.models.stochastic.grid import Floats, Paths

__all__ = ["walk"]


@njit(nogil=True, cache=True, fastmath={"contract"})  # type: ignore[untyped-decorator, unused-ignore]
def walk(block: Paths, starts: Floats, phi: float, shift: float, scale: float) -> None:
    """Overwrite normals ``z`` with ``x[j] = shift + phi x[j-1] + scale z[j]``, row by row.

    Four rows run abreast, as each step waits for the one before; multiply and add are fused.
    """
    rows, columns = block.shape
    whole = rows - rows % 4
    for i in range(0, whole, 4):
        a, b, c, d = starts[i], starts[i + 1], starts[i + 2], starts[i + 3]
        first, second, third, fourth = block[i], block[i + 1], block[i + 2], block[i + 3]
        first[0], second[0], third[0], fourth[0] = a, b, c, d
        for j in range(1, columns):
            a = shift + scale * first[j] + phi * a
            b = shift + scale * second[j] + phi * b
            c = shift + scale * third[j] + phi * c
            d = shift + scale * fourth[j] + phi * d
            first[j], second[j], third[j], fourth[j] = a, b, c, d
    for i in range(whole, rows):
        a = starts[i]
        block[i, 0] = a
        for j in range(1, columns):
            a = shift + scale * block[i, j] + phi * a
            block[i, j] = a


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def filtered(z: Floats, loadings: Floats, decays: Floats) -> tuple[Floats, Floats]:
    """Kalman filter of a sum of unit Ornstein-Uhlenbeck parts, seen without noise.

    Parameters
    ----------
    z
        The sum, shape (n,).
    loadings
        Weight of each part at each step, shape (n, k).
    decays
        What is left of each part after a step, shape (k,).

    Returns
    -------
    tuple
        Innovations and their variances, each of shape (n,).
    """
    n, parts = loadings.shape
    state, cover, spread = np.zeros(parts), np.eye(parts), np.empty(parts)
    gaps, variances = np.empty(n), np.empty(n)
    for t in range(n):
        gap, variance = z[t], 1e-12
        for i in range(parts):
            spread[i] = 0.0
            for j in range(parts):
                spread[i] += cover[i, j] * loadings[t, j]
            gap -= loadings[t, i] * state[i]
            variance += loadings[t, i] * spread[i]
        gaps[t], variances[t] = gap, variance
        for i in range(parts):
            state[i] = decays[i] * (state[i] + spread[i] * gap / variance)
            for j in range(parts):
                left = cover[i, j] - spread[i] * spread[j] / variance
                cover[i, j] = decays[i] * decays[j] * left
            cover[i, i] += 1.0 - decays[i] * decays[i]
    return gaps, variances


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def walk_regimes(
    block: Paths, uniforms: Floats, starts: Floats, steps: Floats, spike: Floats
) -> None:
    """Overwrite normals with paths of two regimes.

    Parameters
    ----------
    block, uniforms
        Shape (n_paths, n_steps + 1).
    steps
        Intercept, slope and deviation by regime, shape (2, 3).
    spike
        Probability of the spike regime at the start, after calm and after a spike.
    """
    rows, columns = block.shape
    for i in range(rows):
        x = starts[i]
        state = 1 if uniforms[i, 0] < spike[0] else 0
        block[i, 0] = x
        for j in range(1, columns):
            state = 1 if uniforms[i, j] < spike[1 + state] else 0
            x = steps[state, 0] + steps[state, 1] * x + steps[state, 2] * block[i, j]
            block[i, j] = x


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def hamilton(x: Floats, steps: Floats, switch: Floats, spike: float) -> tuple[Floats, Floats]:
    """Filter the odds of two regimes (Hamilton 1989, equations 22.4.5 and 22.4.6 of his book).

    Returns
    -------
    tuple
        Odds of the spike regime before each transition is seen, and the logarithm of its density,
        each of shape (n - 1,).
    """
    odds, density = np.empty(x.size - 1), np.empty(x.size - 1)
    for t in range(x.size - 1):
        ahead = (1.0 - spike) * switch[0, 1] + spike * switch[1, 1]
        a = (x[t + 1] - steps[0, 0] - steps[0, 1] * x[t]) / steps[0, 2]
        b = (x[t + 1] - steps[1, 0] - steps[1, 1] * x[t]) / steps[1, 2]
        calm = np.log(max(1.0 - ahead, 1e-300)) - 0.5 * a * a - np.log(steps[0, 2])
        wild = np.log(max(ahead, 1e-300)) - 0.5 * b * b - np.log(steps[1, 2])
        most = max(calm, wild)
        total = np.exp(calm - most) + np.exp(wild - most)
        odds[t] = ahead
        density[t] = most + np.log(total) - 0.9189385332046727
        spike = np.exp(wild - most) / total
    return odds, density


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def walk_parts(whole: Floats, shocks: Floats, loadings: Floats, decays: Floats) -> None:
    """Overwrite innovations of a sum of unit Ornstein-Uhlenbeck parts with the sum itself.

    Law: the parts' shocks are independent normals conditioned on their weighted sum, which is the
    innovation given: ``e + r (z - r.e)`` with ``r`` the unit vector of the weights.

    Parameters
    ----------
    whole
        Column 0 the sum at the start, column j its standardised innovation; (n_paths, n_steps + 1).
    shocks
        Free normals, shape (n_paths, n_steps + 1, k).
    loadings
        Weight of each part at each step, shape (n_steps + 1, k); the first row is of length 1.
    decays
        What is left of each part after a step, shape (k,).
    """
    rows, columns = whole.shape
    parts = decays.size
    scales = np.sqrt(1.0 - decays * decays)
    reach = np.empty((columns, parts))
    for j in range(columns):
        power = 0.0
        for k in range(parts):
            reach[j, k] = loadings[j, k] * (scales[k] if j > 0 else 1.0)
            power += reach[j, k] ** 2
        for k in range(parts):
            reach[j, k] /= np.sqrt(power)
    state = np.zeros(parts)
    for i in range(rows):
        for j in range(columns):
            missing = whole[i, j]
            for k in range(parts):
                missing -= reach[j, k] * shocks[i, j, k]
            total = 0.0
            for k in range(parts):
                shock = shocks[i, j, k] + reach[j, k] * missing
                state[k] = decays[k] * state[k] + scales[k] * shock if j > 0 else shock
                total += loadings[j, k] * state[k]
            whole[i, j] = total


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def hidden_chain(
    values: Floats, odds: Floats, mean: Floats, deviation: Floats, first: Floats
) -> tuple[Floats, Floats]:
    """Filter a hidden chain whose step from i to j makes a value ``N(mean_ij, deviation_ij^2)``.

    Returns
    -------
    tuple
        Logarithm of the density of each value, shape (n,), and the odds of each state before it,
        shape (n, states). Steps of odds below 1e-9 are left out.
    """
    states = first.size
    density, before = np.empty(values.size), np.empty((values.size, states))
    now, after = first.copy(), np.empty(states)
    for t in range(values.size):
        before[t] = now
        after[:] = 0.0
        for i in range(states):
            if now[i] < 1e-14:
                continue
            for j in range(states):
                if odds[i, j] > 1e-9:
                    z = (values[t] - mean[i, j]) / deviation[i, j]
                    after[j] += now[i] * odds[i, j] * np.exp(-0.5 * z * z) / deviation[i, j]
        total = after.sum()
        density[t] = np.log(max(total, 1e-300)) - 0.9189385332046727
        if total > 0.0:
            now[:] = after / total
    return density, before
