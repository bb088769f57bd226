"""One equilibrium of an n-player game by tracing the logit correspondence.

At precision l every player answers the others by ``x_ia proportional to exp(l u_i(a, x_-i))``.
From l = 0, where all play uniformly, a path of such answers leads, for almost every game, to an
equilibrium as l grows without bound. The path is followed by tangent and Newton steps along its
arc, so that it may turn back in l; near its end the equilibrium is solved on the strategies still
in use. The method is global: it needs no start near a solution.

Sources: McKelvey and Palfrey, Quantal response equilibria for normal form games, 1995; Turocy, A
dynamic homotopy interpretation of the logistic quantal response equilibrium correspondence, 2005.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.errors import SolverFailed
from mara.games.normal_form.game import Floats
from mara.games.normal_form.indifference import on_supports
from mara.games.normal_form.mixed import cross_effects, gap, replies, seats, split
from mara.games.normal_form.solution import solution

if TYPE_CHECKING:
    from mara.games.normal_form.game import NormalFormGame
    from mara.games.normal_form.solution import Solution

__all__ = ["METHOD", "logit", "traced"]

METHOD = "logit"

_CLOSE = 1e-9
_NEAR = 0.05
_IN_USE = (1e-2, 1e-4, 1e-6)
_FIRST_STEP = 0.03
_LEAST_STEP = 1e-9
_LARGEST_RESIDUAL = 1e-9
_LARGEST_BEND = 0.3
_MOST_STEPS = 20_000


def logit(game: NormalFormGame, *, steps: int = _MOST_STEPS) -> Solution:
    """One equilibrium, the end of the path of logit answers.

    Raises
    ------
    SolverFailed
        The path did not come near an equilibrium within `steps` steps along its arc.
    """
    profile = traced(game.scaled(), steps)
    note = "One equilibrium; there may be others."
    return solution(game, METHOD, [profile], complete=False, degenerate=None, note=note)


def traced(payoffs: Floats, steps: int = _MOST_STEPS) -> list[Floats]:
    """Follow the path for payoffs in [0, 1]."""
    path = _Path(payoffs)
    point = np.zeros(sum(payoffs.shape[1:]) + 1)
    heading = path.tangent(point, np.eye(len(point))[-1])
    length, tried = _FIRST_STEP, 0.0
    for _ in range(steps):
        ahead = path.ahead(point, heading, length)
        if ahead is None:
            length = max(length / 2.0, _LEAST_STEP)
            continue
        point, heading, length = *ahead, length * 1.5
        if point[-1] > 2.0 * tried:
            tried = point[-1]
            found = path.ending(point)
            if found is not None:
                return found
    raise SolverFailed(
        f"{METHOD}: no equilibrium within {steps} steps of the path; precision reached {point[-1]:g}"
    )


@dataclass(frozen=True, slots=True)
class _Path:
    """The equations ``y = l C u(softmax(y))`` in (y, l); C takes each player's mean away."""

    payoffs: Floats

    def laws(self, point: Floats) -> list[Floats]:
        """Answers of all players at a point."""
        return [_softmax(own) for own in split(point[:-1], self.payoffs.shape[1:])]

    def ending(self, point: Floats) -> list[Floats] | None:
        """Equilibrium that the path has come close to, if it has."""
        laws = self.laws(point)
        left = gap(self.payoffs, laws)
        if left < _CLOSE:
            return laws
        if left > _NEAR:
            return None
        weights = np.concatenate(laws)
        tries = (on_supports(self.payoffs, laws, weights > least) for least in _IN_USE)
        return next((found for found in tries if found is not None), None)

    def ahead(self, point: Floats, heading: Floats, length: float) -> tuple[Floats, Floats] | None:
        """Point of the path about `length` on, and its heading; None where the step is too long."""
        after = self.corrected(point + length * heading, heading)
        if after is None:
            return None
        turned = self.tangent(after, heading)
        return (after, turned) if float(np.abs(turned - heading).max()) < _LARGEST_BEND else None

    def residual(self, point: Floats) -> Floats:
        """Left side less right side of the equations."""
        values = replies(self.payoffs, self.laws(point))
        centred = np.concatenate([value - value.mean() for value in values])
        return np.asarray(point[:-1] - point[-1] * centred)

    def jacobian(self, point: Floats) -> Floats:
        """Differentiate the equations by (y, l)."""
        laws = self.laws(point)
        owner = seats(self.payoffs.shape[1:])
        weights = np.concatenate(laws)
        answers = np.diag(weights) - np.outer(weights, weights) * (owner @ owner.T)
        centring = np.eye(len(owner)) - owner / owner.sum(axis=0) @ owner.T
        values = centring @ np.concatenate(replies(self.payoffs, laws))
        moved = centring @ cross_effects(self.payoffs, laws) @ answers
        return np.column_stack((np.eye(len(owner)) - point[-1] * moved, -values))

    def tangent(self, point: Floats, heading: Floats) -> Floats:
        """Direction of the path, on the side of `heading`."""
        system = np.vstack((self.jacobian(point), heading))
        along = _solved(system, np.eye(len(point))[-1])
        return np.asarray(along / np.linalg.norm(along))

    def corrected(self, point: Floats, heading: Floats) -> Floats | None:
        """Return to the path at right angles to `heading`; None where Newton's steps diverge."""
        for _ in range(6):
            off = self.residual(point)
            if float(np.abs(off).max()) < _LARGEST_RESIDUAL * (1.0 + abs(point[-1])):
                return point
            system = np.vstack((self.jacobian(point), heading))
            point = point - _solved(system, np.append(off, 0.0))
        return None


def _solved(system: Floats, side: Floats) -> Floats:
    """Least-squares solution: where branches of the path cross, the system is singular."""
    return np.asarray(np.linalg.lstsq(system, side, rcond=None)[0])


def _softmax(values: Floats) -> Floats:
    weights = np.exp(values - values.max())
    return np.asarray(weights / weights.sum())
