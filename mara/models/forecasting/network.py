"""Feed-forward networks on framed prices: points, or whole laws of Johnson's SU family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from mara.models.forecasting.days import HOURS, Days
from mara.models.forecasting.frames import FRAMES, Framed, Reference, framed, newest, referenced
from mara.models.forecasting.network_train import (
    CLIP,
    Training,
    began,
    huber,
    johnson_loss,
    outputs,
    trained,
)
from mara.models.forecasting.past import LEVELS, Floats, Ints

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["DESIGNS", "FittedJohnsonSu", "FittedNetwork", "JohnsonSu", "Network"]

DESIGNS: Final = ("fixed", "month-fixed", "month", "week")
"""Frames of the networks that are trained side by side."""
FIRST_FIT: Final = Training(epochs=50, rate=2e-3, falling=True)
REFIT: Final = Training(epochs=4, rate=3e-4, falling=False)
REFIT_DAYS: Final = 7
_ANEW_EVERY: Final = 52
"""Refits after which a rolling evaluation starts from new weights."""
_LEARNT_DAYS: Final = 1_456


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedNetwork:
    """The mean of the networks' forecasts, each turned into prices by its own frame.

    `weights` are those of `outputs`, the designs first. With 24 outputs a network gives the
    forecast itself; with 96 the four parameters of Johnson's SU, whose median is the forecast.
    """

    frames: tuple[str, ...]
    reference: Reference
    weights: tuple[Floats, ...]

    def predict(self, days: Days) -> Floats:
        """Prices of the day that follows `days`, shape (24,)."""
        return np.asarray(np.mean(list(self._prices(days, (0.0,))), axis=0)[:, 0])

    def conditioned(self, days: Days) -> FittedNetwork:
        """Return itself: the networks read the days that they are given."""
        del days
        return self

    def _prices(self, days: Days, normals: tuple[float, ...]) -> Iterator[Floats]:
        """Prices, shape (24, normals), at which each design puts these standard normals."""
        seen = [newest(days, name, self.reference) for name in self.frames]
        x = np.stack([_cut(one.x[-1:]) for one in seen])
        for one, out in zip(seen, outputs(self.weights, x), strict=True):
            z = [_at(out[0], normal) for normal in normals]
            yield np.stack([one.back(row[None], slice(-1, None))[0] for row in z], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedJohnsonSu(FittedNetwork):
    """Networks of 96 outputs: each hour's law, whose median is the forecast."""

    def bands(self, days: Days) -> Floats:
        """Quantiles at `LEVELS` of Johnson's SU, shape (24, 5), averaged over the designs."""
        from scipy.special import ndtri  # noqa: PLC0415

        return np.asarray(np.mean(list(self._prices(days, tuple(ndtri(LEVELS)))), axis=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Networks of several frames with the same features; equal seeds give equal networks."""

    frames: tuple[str, ...] = DESIGNS
    seed: int = 0
    first_fit: Training = FIRST_FIT

    outs: ClassVar[int] = HOURS
    """Outputs of one network."""
    law: ClassVar[type[FittedNetwork]] = FittedNetwork
    """What a fit makes."""

    def loss(self, out: Any, y: Any) -> Any:  # noqa: ANN401
        """Loss of one batch."""
        return huber(out, y)

    def fit(self, days: Days, start: FittedNetwork | None = None) -> FittedNetwork:
        """Train on the newest 1,456 days, or refit the networks `start` on them in short."""
        reference = referenced(days) if start is None else start.reference
        table = _Table.of(days, self.frames, reference)
        generator = _generator(self.seed)
        weights = None if start is None else _grown(start.weights)
        weights = self._trained(table, len(table), weights, generator)
        return self._fitted(reference, weights)

    def rolling(self, days: Days, first: int) -> Floats:
        """Forecasts of days `first` to the last, refit every 7 days, (days, designs, 24)."""
        reference = referenced(days.until(first))
        table, generator = _Table.of(days, self.frames, reference), _generator(self.seed)
        made = np.empty((len(days) - first, len(self.frames), HOURS))
        weights = None
        for count, day in enumerate(range(first, len(days), REFIT_DAYS)):
            row = table.row(day)
            begin = None if count % _ANEW_EVERY == 0 else weights
            weights = self._trained(table, row, begin, generator)
            arrays = tuple(w.detach().numpy() for w in weights)
            ahead = slice(row, min(row + REFIT_DAYS, len(table)))
            made[day - first : day - first + REFIT_DAYS] = table.prices(arrays, ahead)
        return made

    def _trained(self, table: _Table, rows: int, weights: Any, generator: Any) -> Any:  # noqa: ANN401
        training = REFIT if weights is not None else self.first_fit
        if weights is None:
            weights = began(len(self.frames), table.x.shape[2], self.outs, generator)
        trained(weights, table.before(rows), training, self.loss, generator)
        return weights

    def _fitted(self, reference: Reference, weights: Any) -> FittedNetwork:  # noqa: ANN401
        return self.law(
            frames=self.frames,
            reference=reference,
            weights=tuple(w.detach().numpy() for w in weights),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JohnsonSu(Network):
    """Networks that give the four parameters of Johnson's SU for each hour."""

    frames: tuple[str, ...] = ("fixed", "month-fixed")

    outs: ClassVar[int] = 4 * HOURS
    law: ClassVar[type[FittedNetwork]] = FittedJohnsonSu

    def loss(self, out: Any, y: Any) -> Any:  # noqa: ANN401
        """Negative log-likelihood of one batch."""
        return johnson_loss(out, y)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Table:
    """Features (designs, n + 1, p) and targets (designs, n, 24) of the same days, in float32."""

    x: Floats
    y: Floats
    kept: Ints
    seen: tuple[Framed, ...]
    first: int

    @classmethod
    def of(cls, days: Days, frames: tuple[str, ...], reference: Reference) -> _Table:
        first = max(FRAMES[name].first for name in frames)
        seen = tuple(framed(days, FRAMES[name], reference) for name in frames)
        rows = len(days) - first
        return cls(
            x=np.stack([_cut(one.x[-rows - 1 :]) for one in seen]),
            y=np.stack([one.y[-rows:] for one in seen]).astype(np.float32),
            kept=days.whole[first:],
            seen=seen,
            first=first,
        )

    def __len__(self) -> int:
        return int(self.y.shape[1])

    def row(self, day: int) -> int:
        """Row of a day."""
        return day - self.first

    def before(self, rows: int) -> tuple[Any, Any, Any]:
        """Training data: the newest 1,456 of the first `rows`."""
        import torch  # noqa: PLC0415

        cut = slice(max(rows - _LEARNT_DAYS, 0), rows)
        x, y, kept = self.x[:, cut], self.y[:, cut], self.kept[cut]
        return torch.from_numpy(x), torch.from_numpy(y), torch.from_numpy(kept)

    def prices(self, weights: tuple[Floats, ...], rows: slice) -> Floats:
        """Median forecasts of some rows, shape (rows, designs, 24)."""
        made = []
        for one, out in zip(self.seen, outputs(weights, self.x[:, rows]), strict=True):
            skip = len(one.y) - len(self)
            made.append(one.back(_at(out, 0.0), slice(rows.start + skip, rows.stop + skip)))
        return np.stack(made, axis=1)


def _at(out: Floats, normal: float) -> Floats:
    """Scaled price at which a network puts a standard normal; outputs last."""
    if out.shape[-1] == HOURS:
        return out
    xi, log_scale, gamma, log_delta = np.split(out, 4, axis=-1)
    log_scale, log_delta = np.clip(log_scale, -4.0, 4.0), np.clip(log_delta, -0.7, 2.0)
    u = (normal - np.clip(gamma, -3.0, 3.0)) / np.exp(log_delta)
    return np.asarray(xi + np.exp(log_scale) * np.sinh(u))


def _cut(x: Floats) -> Floats:
    return np.clip(x, -CLIP, CLIP).astype(np.float32)


def _generator(seed: int) -> Any:  # noqa: ANN401
    import torch  # noqa: PLC0415

    return torch.Generator().manual_seed(seed)


def _grown(weights: tuple[Floats, ...]) -> Any:  # noqa: ANN401
    import torch  # noqa: PLC0415

    return [torch.from_numpy(w.copy()).requires_grad_() for w in weights]
