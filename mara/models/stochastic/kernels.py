"""Recursions that numpy has no loop for, compiled by numba.

numba takes a second to load, so this module is imported inside the functions that use it. The
loops let go of the interpreter's lock, so that threads run them side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from numba import njit

if TYPE_CHECKING:
    from mara.models.stochastic.grid import Floats, Paths

__all__ = ["walk"]


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def walk(block: Paths, starts: Floats, phi: float, shift: float, scale: float) -> None:
    """Overwrite normals ``z`` with ``x[j] = shift + phi x[j-1] + scale z[j]``, row by row.

    Four rows run abreast, as each step waits for the one before.
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
