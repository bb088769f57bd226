"""Whether a VaR held: Kupiec's and Christoffersen's tests of its exceptions.

Sources: Kupiec, Techniques for verifying the accuracy of risk measurement models, Journal of
Derivatives 3 (1995); Christoffersen, Evaluating interval forecasts, International Economic Review
39 (1998).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from scipy.special import chdtrc, xlogy

from mara.errors import InvalidValue
from mara.models.risk.measures import check_level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Coverage", "coverage_of"]

SIGNIFICANCE: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Likelihood-ratio statistics of `exceptions` among `days`, and their p-values.

    `kupiec`: the share of exceptions is 1 - level (chi-squared, 1 degree of freedom).
    `independence`: an exception tells nothing of the next day's (1 degree). `conditional`: both
    at once, the sum of the two (2 degrees).
    """

    level: float
    days: int
    exceptions: int
    kupiec: float
    kupiec_p: float
    independence: float
    independence_p: float
    conditional: float
    conditional_p: float

    @property
    def expected(self) -> float:
        """Exceptions that a right VaR has on average."""
        return (1.0 - self.level) * self.days

    @property
    def passes(self) -> bool:
        """Whether none of the three tests rejects at 5 %."""
        least = min(self.kupiec_p, self.independence_p, self.conditional_p)
        return least > SIGNIFICANCE


def coverage_of(exceptions: NDArray[np.bool_], level: float) -> Coverage:
    """Test the exceptions of consecutive days.

    Law: with x exceptions in n days and p = 1 - level, LR_uc = -2 ln[(1-p)^(n-x) p^x / ((1-x/n)^
    (n-x) (x/n)^x)]. With n_ij the days of state j that follow state i, pi_i = n_i1 / (n_i0 +
    n_i1) and pi the share of exceptions among the followers, LR_ind = -2 ln[(1-pi)^(n00+n10)
    pi^(n01+n11) / prod_i (1-pi_i)^n_i0 pi_i^n_i1].

    Raises
    ------
    InvalidValue
        Fewer than two days, or a level outside (0, 1).
    """
    check_level("coverage_of", level)
    if exceptions.ndim != 1 or len(exceptions) < 2:
        raise InvalidValue(
            f"coverage_of: exceptions has shape {exceptions.shape}; give two days or more"
        )
    kupiec, independence = _kupiec(exceptions, 1.0 - level), _independence(exceptions)
    return Coverage(
        level=level,
        days=len(exceptions),
        exceptions=int(exceptions.sum()),
        kupiec=kupiec,
        kupiec_p=float(chdtrc(1.0, kupiec)),
        independence=independence,
        independence_p=float(chdtrc(1.0, independence)),
        conditional=kupiec + independence,
        conditional_p=float(chdtrc(2.0, kupiec + independence)),
    )


def _kupiec(exceptions: NDArray[np.bool_], p: float) -> float:
    n, x = len(exceptions), int(exceptions.sum())
    return _ratio(_bernoulli(n - x, x, p), _bernoulli(n - x, x, x / n))


def _independence(exceptions: NDArray[np.bool_]) -> float:
    before, after = exceptions[:-1], exceptions[1:]
    calm = (int((~before & ~after).sum()), int((~before & after).sum()))
    hit = (int((before & ~after).sum()), int((before & after).sum()))
    none, some = calm[0] + hit[0], calm[1] + hit[1]
    alike = _bernoulli(none, some, some / (none + some))
    apart = sum(_bernoulli(a, b, b / max(a + b, 1)) for a, b in (calm, hit))
    return _ratio(alike, apart)


def _bernoulli(failures: int, successes: int, p: float) -> float:
    """Log-likelihood of independent trials, 0 ln 0 = 0."""
    return float(xlogy(failures, 1.0 - p) + xlogy(successes, p))


def _ratio(restricted: float, free: float) -> float:
    """Likelihood-ratio statistic; rounding below zero is removed."""
    return max(-2.0 * (restricted - free), 0.0)
