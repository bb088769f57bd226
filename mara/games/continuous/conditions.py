"""Whether an equilibrium is proven to exist once, and best responses to lead there.

From the matrix J of second derivatives, ``J[i, j] = d2 profit_i / dq_i dq_j``, constant where
profits are quadratic:

* unique: J + J' is negative definite (Rosen, Existence and uniqueness of equilibrium points for
  concave n-person games, 1965, theorem 6);
* simultaneous best responses converge: ``max_i sum over j != i of |J_ij| / |J_ii| < 1`` (Gabay and
  Moulin, On the uniqueness and stability of Nash equilibria in noncooperative games, 1980);
* responses in turn converge: the condition above, or J symmetric and negative definite, when
  each response climbs one concave potential (Monderer and Shapley, Potential games, 1996).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.errors import InvalidValue

if TYPE_CHECKING:
    from mara.games.continuous.variational import Floats

__all__ = ["Conditions", "conditions_of"]

_SYMMETRY = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The figures of the three conditions, and what they prove.

    `largest_eigenvalue` is that of (J + J') / 2, `contraction` the factor of Gabay and Moulin.
    """

    largest_eigenvalue: float
    contraction: float
    potential: bool

    @property
    def unique(self) -> bool:
        """There is just one equilibrium."""
        return self.largest_eigenvalue < 0.0

    @property
    def simultaneous(self) -> bool:
        """Best responses of all at once converge."""
        return self.contraction < 1.0

    @property
    def in_turn(self) -> bool:
        """Best responses one after the other converge."""
        return self.simultaneous or (self.potential and self.unique)

    @property
    def words(self) -> str:
        """One sentence for a reader."""
        once = "exactly one equilibrium" if self.unique else "perhaps more than one equilibrium"
        if self.simultaneous:
            how = f"best responses converge (contraction {self.contraction:.3g} below 1)"
        elif self.in_turn:
            how = "best responses in turn converge, for they climb one concave potential"
        else:
            how = "best responses are not proven to converge"
        return f"There is {once}, and {how}."


def conditions_of(second: Floats) -> Conditions:
    """Check the conditions for the matrix J of second derivatives.

    Raises
    ------
    InvalidValue
        J is not square, or a player's profit is not concave in his own quantity.
    """
    if second.ndim != 2 or second.shape[0] != second.shape[1]:
        raise InvalidValue(f"conditions_of: second has shape {second.shape}; it must be square")
    own = np.diag(second)
    if not (own < 0.0).all():
        worst = int(own.argmax())
        raise InvalidValue(
            f"conditions_of: second[{worst}, {worst}]={own[worst]:g} must be below zero: the "
            "player's profit is not concave in his own quantity"
        )
    others = np.abs(second).sum(axis=1) - np.abs(own)
    return Conditions(
        largest_eigenvalue=float(np.linalg.eigvalsh((second + second.T) / 2.0)[-1]),
        contraction=float((others / np.abs(own)).max()),
        potential=bool(np.abs(second - second.T).max() <= _SYMMETRY * np.abs(own).max()),
    )
