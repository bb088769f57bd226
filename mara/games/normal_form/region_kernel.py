"""The double description of a best-reply region as compiled loops, up to 64 equations.

`best_reply_region.py` says what it does. Equations that a ray satisfies are bits of a mask: bit i
below the number of strategies for "strategy i unplayed", then one bit a reply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mara.games.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mara.games.normal_form.best_reply_region import Flags, Floats

    Masks = NDArray[np.uint64]
    Places = NDArray[np.int64]

__all__ = ["MOST_EQUATIONS", "covering", "region"]

MOST_EQUATIONS = 64
_SLACK = 1e-10
_ONE = np.uint64(1)


@compiled
def region(replies: Floats) -> tuple[Floats, Flags]:
    """Vertices of the region and the equations that each satisfies, as `Vertices` holds them."""
    count = replies.shape[1]
    rays, masks = first_cone(replies)
    for reply in range(1, replies.shape[0]):
        rays, masks = cut(rays, masks, replies[reply], np.uint64(count + reply))
    return vertices(rays, masks, count, replies.shape[0])


@compiled
def first_cone(replies: Floats) -> tuple[Floats, Masks]:
    """Rays (x, u) of ``x >= 0, u >= b_1 . x``: the unit vectors, and the one straight up."""
    count = replies.shape[1]
    rays = np.eye(count + 1)
    rays[:count, count] = replies[0]
    whole = (_ONE << np.uint64(count + 1)) - _ONE if count < 63 else ~np.uint64(0)
    masks = np.empty(count + 1, dtype=np.uint64)
    for ray in range(count + 1):
        masks[ray] = whole & ~(_ONE << np.uint64(ray))
    return rays, masks


@compiled
def cut(rays: Floats, masks: Masks, row: Floats, bit: np.uint64) -> tuple[Floats, Masks]:
    """Keep the rays with ``u >= row . x`` and join those that it separates."""
    dimension = rays.shape[1]
    slack = slacks(rays, row)
    up, down = adjacent(masks, slack, dimension)
    kept = np.flatnonzero(slack > -_SLACK)
    found = np.empty((len(kept) + len(up), dimension))
    marked = np.empty(len(found), dtype=np.uint64)
    for place in range(len(kept)):
        ray = kept[place]
        on = abs(slack[ray]) < _SLACK
        found[place] = rays[ray]
        marked[place] = masks[ray] | (_ONE << bit) if on else masks[ray]
    for pair in range(len(up)):
        joined = rays[up[pair]] * -slack[down[pair]] + rays[down[pair]] * slack[up[pair]]
        found[len(kept) + pair] = joined / joined[:-1].sum()
        marked[len(kept) + pair] = (masks[up[pair]] & masks[down[pair]]) | (_ONE << bit)
    return found, marked


@compiled
def slacks(rays: Floats, row: Floats) -> Floats:
    """How far each ray is above the hyperplane ``u = row . x``."""
    slack = rays[:, -1].copy()
    for ray in range(len(rays)):
        for at in range(len(row)):
            slack[ray] -= rays[ray, at] * row[at]
    return slack


@compiled
def adjacent(masks: Masks, slack: Floats, dimension: int) -> tuple[Places, Places]:
    """Pairs of rays above and below that span a two-dimensional face."""
    above, below = np.flatnonzero(slack >= _SLACK), np.flatnonzero(slack <= -_SLACK)
    simple = is_simple(masks, dimension)
    up = np.empty(len(above) * len(below), dtype=np.int64)
    down = np.empty(len(up), dtype=np.int64)
    pairs = 0
    for first in above:
        for second in below:
            common = masks[first] & masks[second]
            if ones(common) >= dimension - 2 and (simple or alone(masks, common)):
                up[pairs], down[pairs] = first, second
                pairs += 1
    return up[:pairs], down[:pairs]


@compiled
def is_simple(masks: Masks, dimension: int) -> bool:
    """Whether every ray satisfies just `dimension` - 1 equations."""
    for mask in masks:  # noqa: SIM110 - a loop compiles, a generator does not
        if ones(mask) != dimension - 1:
            return False
    return True


@compiled
def alone(masks: Masks, common: np.uint64) -> bool:
    """Whether just two rays satisfy all of `common`."""
    holders = 0
    for mask in masks:
        if mask & common == common:
            holders += 1
    return holders == 2


@compiled
def ones(mask: np.uint64) -> int:
    """Count the bits set, each step taking the lowest away."""
    count = 0
    while mask:
        mask &= mask - _ONE
        count += 1
    return count


@compiled
def vertices(rays: Floats, masks: Masks, count: int, replies: int) -> tuple[Floats, Flags]:
    """Rays that are points, what is unplayed set to zero, each summing to one."""
    kept = np.flatnonzero(rays[:, :-1].sum(axis=1) > 0.0)
    points, tight = rays[kept, :-1], np.empty((len(kept), count + replies), dtype=np.bool_)
    for place in range(len(kept)):
        for bit in range(count + replies):
            tight[place, bit] = (masks[kept[place]] >> np.uint64(bit)) & _ONE == _ONE
        for at in range(count):
            if tight[place, at]:
                points[place, at] = 0.0
        points[place] /= points[place].sum()
    return points, tight


@compiled
def covering(ours: Flags, theirs: Flags, rows: int) -> Places:
    """Pairs of vertices whose equations together cover every strategy of both players."""
    first, second = missing(ours, 0), missing(theirs, rows)
    counts = np.zeros(len(first), dtype=np.int64)
    for a in range(len(first)):
        counts[a] = disjoint(first[a], second)
    found = np.empty((counts.sum(), 2), dtype=np.int64)
    pairs = 0
    for a in range(len(first)):
        for b in range(len(second) if counts[a] else 0):
            if first[a] & second[b] == np.uint64(0):
                found[pairs, 0], found[pairs, 1] = a, b
                pairs += 1
    return found


@compiled
def disjoint(mask: np.uint64, others: Masks) -> int:
    """Count the masks that share no bit with `mask`."""
    count = 0
    for other in others:
        if mask & other == np.uint64(0):
            count += 1
    return count


@compiled
def missing(tight: Flags, shift: int) -> Masks:
    """Equations that each vertex leaves open, moved up by `shift` around the end."""
    count = tight.shape[1]
    masks = np.zeros(len(tight), dtype=np.uint64)
    for vertex in range(len(tight)):
        for equation in range(count):
            if not tight[vertex, equation]:
                masks[vertex] |= _ONE << np.uint64((equation + shift) % count)
    return masks
