"""Vertices of the region in which a player's payoff bounds what the other can earn.

For an opponent with payoff rows b_1..b_n over m strategies of ours the region is
``{(x, u): x >= 0, sum x = 1, u >= b_j . x for all j}``. Its vertices are found by the double
description method on the cone over it: the rays of an orthant-like first cone are cut by one
inequality after the other, and each cut joins the rays that are adjacent across it.

Sources: Motzkin, Raiffa, Thompson and Thrall, The double description method, 1953; Fukuda and
Prodon, Double description method revisited, 1996, proposition 7 (adjacency).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mara.games import compiled

__all__ = ["SLACK", "Vertices", "vertices_of"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SLACK = 1e-10
"""Slack under which an inequality counts as tight; payoffs lie in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vertices:
    """`points` of shape (k, m), distributions; `tight` of shape (k, m + n).

    `tight[r, i]` says that strategy i is unplayed at vertex r, `tight[r, m + j]` that the
    opponent's strategy j is a best reply to it.
    """

    points: Floats
    tight: Flags

    @property
    def degenerate(self) -> bool:
        """Whether some vertex satisfies more equations than its dimension needs."""
        return bool((self.tight.sum(axis=1) > self.points.shape[1]).any())


def vertices_of(replies: Floats) -> Vertices:
    """All vertices for `replies` of shape (n, m): what reply j earns against our strategy i.

    Payoffs are to lie in [0, 1]. An inequality with slack under `SLACK` counts as tight.
    """
    if compiled.loaded():
        from mara.games.normal_form.region_kernel import MOST_EQUATIONS, region  # noqa: PLC0415

        if sum(replies.shape) <= MOST_EQUATIONS:
            points, tight = region(np.ascontiguousarray(replies))
            return Vertices(points=points, tight=tight)
    return _by_arrays(replies)


def _by_arrays(replies: Floats) -> Vertices:
    """Cut the cone by whole arrays, whatever the size."""
    rays, tight = _first_cone(replies)
    for row in replies[1:]:
        rays, tight = _cut(rays, tight, row)
    bounded = rays[:, :-1].sum(axis=1) > 0.0
    points = rays[bounded, :-1]
    return Vertices(points=_refined(points, tight[bounded], replies), tight=tight[bounded])


def _first_cone(replies: Floats) -> tuple[Floats, Flags]:
    """Rays (x, u) of ``x >= 0, u >= b_1 . x``: the unit vectors, and the one straight up."""
    count = replies.shape[1]
    rays = np.zeros((count + 1, count + 1))
    rays[:count, :count] = np.eye(count)
    rays[:count, count] = replies[0]
    rays[count, count] = 1.0
    tight = ~np.eye(count + 1, dtype=np.bool_)
    return rays, tight


def _cut(rays: Floats, tight: Flags, row: Floats) -> tuple[Floats, Flags]:
    """Keep the rays with ``u >= row . x`` and join those that it separates."""
    slack = rays[:, -1] - rays[:, :-1] @ row
    on = np.abs(slack) < SLACK
    above = np.flatnonzero((slack > 0.0) & ~on)
    below = np.flatnonzero((slack < 0.0) & ~on)
    keep = np.flatnonzero((slack > 0.0) | on)
    up, down = _adjacent(tight, above, below, dimension=rays.shape[1])
    joined = rays[up] * -slack[down, None] + rays[down] * slack[up, None]
    weight = joined[:, :-1].sum(axis=1, keepdims=True)
    kept = np.column_stack((tight[keep], on[keep]))
    common = np.column_stack((tight[up] & tight[down], np.ones(len(up), dtype=np.bool_)))
    return np.vstack((rays[keep], joined / weight)), np.vstack((kept, common))


def _adjacent(
    tight: Flags, above: NDArray[np.intp], below: NDArray[np.intp], *, dimension: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of rays that span a two-dimensional face.

    Two rays are adjacent when no third satisfies all the equations that they share; they share at
    least `dimension` - 2. Where every ray satisfies just `dimension` - 1 equations (the cone is
    simple) there is never a third.
    """
    weights = tight.astype(np.float32)
    shared = weights[above] @ weights[below].T
    rows, columns = np.nonzero(shared >= dimension - 2)
    up, down = above[rows], below[columns]
    if (weights.sum(axis=1) == dimension - 1).all():
        return up, down
    common = weights[up] * weights[down]
    holders = (common @ weights.T == shared[rows, columns][:, None]).sum(axis=1)
    alone = holders == 2
    return up[alone], down[alone]


def _refined(points: Floats, tight: Flags, replies: Floats) -> Floats:
    """Set to zero what is unplayed and make every point sum to one."""
    clean = np.where(tight[:, : replies.shape[1]], 0.0, points)
    return np.asarray(clean / clean.sum(axis=1, keepdims=True), dtype=np.float64)
