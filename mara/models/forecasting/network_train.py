"""Small feed-forward networks of several designs, trained side by side in torch.

Law of one: h1 = softplus(x W1 + b1) - log 2, h2 likewise of h1, out = h2 W3 + b3 + x S: two
hidden layers beside a linear path. All designs are one batch of matrices, so that a step costs
little more than that of one.

Training: AdamW on batches of 64 days with dropout, the rate falling as a cosine in the first fit
and constant in a refit, which begins where the last one ended. Sources: Lago et al., Applied
Energy 293 (2021), section 4.1, for networks of this kind; Marcjasz, Narajewski, Weron and Ziel,
Distributional neural networks for electricity price forecasting, Energy Economics 125 (2023), for
Johnson's SU.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.models.forecasting.past import Floats

    Weights = list[Any]

__all__ = ["CLIP", "Training", "began", "huber", "johnson_loss", "outputs", "trained"]

HIDDEN: Final = 160
CLIP: Final = 6.0
"""Features are cut to this many scales."""
_BATCH: Final = 64
_DECAY: Final = 0.1
_HUBER: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How long and how fast: epochs, learning rate, share of inputs dropped."""

    epochs: int
    rate: float
    falling: bool
    dropout: float = 0.15


def began(designs: int, features: int, outs: int, generator: Any) -> Weights:  # noqa: ANN401
    """Draw the weights of `designs` networks."""
    import torch  # noqa: PLC0415

    def drawn(rows: int, columns: int, size: float) -> Any:  # noqa: ANN401
        made = torch.randn(designs, rows, columns, generator=generator) * (size / rows**0.5)
        return made.requires_grad_()

    def zeros(columns: int) -> Any:  # noqa: ANN401
        return torch.zeros(designs, 1, columns, requires_grad=True)

    return [
        drawn(features, HIDDEN, 1.0),
        zeros(HIDDEN),
        drawn(HIDDEN, HIDDEN, 1.0),
        zeros(HIDDEN),
        drawn(HIDDEN, outs, 0.3),
        zeros(outs),
        drawn(features, outs, 0.3),
    ]


def trained(
    weights: Weights,
    data: tuple[Any, Any, Any],
    training: Training,
    loss: Callable[[Any, Any], Any],
    generator: Any,  # noqa: ANN401
) -> None:
    """Train in place on `data`: features (designs, n, p), targets (designs, n, 24), kept (n,)."""
    import torch  # noqa: PLC0415

    x, y, kept = data
    rows = torch.nonzero(kept)[:, 0]
    batches = max(len(rows) // _BATCH, 1)
    optimiser = _optimiser(weights, training.rate)
    schedule = _schedule(optimiser, training, batches)
    for _ in range(training.epochs):
        order = rows[torch.randperm(len(rows), generator=generator)]
        for batch in order[: batches * _BATCH].chunk(batches):
            out = _forward(weights, x[:, batch], training.dropout, generator)
            optimiser.zero_grad()
            loss(out, y[:, batch]).backward()
            optimiser.step()
            schedule.step()


def _optimiser(weights: Weights, rate: float) -> Any:  # noqa: ANN401
    import torch  # noqa: PLC0415

    matrices, biases = [weights[i] for i in (0, 2, 4, 6)], [weights[i] for i in (1, 3, 5)]
    groups = [
        {"params": matrices, "weight_decay": _DECAY},
        {"params": biases, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate, foreach=True)


def _schedule(optimiser: Any, training: Training, batches: int) -> Any:  # noqa: ANN401
    from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR  # noqa: PLC0415

    if training.falling:
        return CosineAnnealingLR(optimiser, training.epochs * batches)
    return ConstantLR(optimiser, factor=1.0)


def _forward(weights: Weights, x: Any, dropout: float, generator: Any) -> Any:  # noqa: ANN401
    import torch  # noqa: PLC0415
    from torch.nn.functional import softplus  # noqa: PLC0415

    def dropped(values: Any) -> Any:  # noqa: ANN401
        kept = torch.rand(values.shape, generator=generator) > dropout
        return values * kept / (1.0 - dropout)

    w1, b1, w2, b2, w3, b3, skip = weights
    x = dropped(x)
    h = dropped(softplus(torch.baddbmm(b1, x, w1)) - _LOG_2)
    h = softplus(torch.baddbmm(b2, h, w2)) - _LOG_2
    return torch.baddbmm(b3, h, w3) + torch.bmm(x, skip)


_LOG_2: Final = float(np.log(2.0))


def outputs(weights: tuple[Floats, ...], x: Floats) -> Floats:
    """Compute outputs, shape (designs, n, outs), of features, (designs, n, p), by numpy alone."""
    w1, b1, w2, b2, w3, b3, skip = weights
    h = np.logaddexp(0.0, x @ w1 + b1) - _LOG_2
    h = np.logaddexp(0.0, h @ w2 + b2) - _LOG_2
    return np.asarray(h @ w3 + b3 + x @ skip)


def huber(out: Any, y: Any) -> Any:  # noqa: ANN401
    """Mean absolute error, rounded off within a tenth of a scale; designs add up."""
    from torch.nn.functional import huber_loss  # noqa: PLC0415

    return 10.0 * huber_loss(out, y, delta=_HUBER, reduction="none").mean((1, 2)).sum()


def johnson_loss(out: Any, y: Any) -> Any:  # noqa: ANN401
    """Mean negative log-likelihood of Johnson's SU; designs add up.

    Law: y = xi + lambda sinh((n - gamma) / delta), n standard normal; `out` holds xi, log lambda,
    gamma and log delta of the 24 hours, the last two cut so that the tails stay finite.
    """
    import torch  # noqa: PLC0415

    xi, log_scale, gamma, log_delta = out.chunk(4, dim=-1)
    log_scale, log_delta = log_scale.clamp(-4.0, 4.0), log_delta.clamp(-0.7, 2.0)
    u = (y - xi) * torch.exp(-log_scale)
    n = gamma.clamp(-3.0, 3.0) + log_delta.exp() * torch.asinh(u)
    likelihood = log_delta - log_scale - 0.5 * torch.log1p(u * u) - 0.5 * n * n
    return -likelihood.mean((1, 2)).sum()
