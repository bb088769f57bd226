"""The open benchmark of day-ahead prices: its files, and forecasts of each model kept on disk.

A market is `epf_X.csv.gz` (hourly price and two exogenous forecasts that are known before the
day); the last 728 days are the test. `epf_X_published_forecasts.csv.gz` is read by the scorer.
Source: Lago, Marcjasz, De Schutter and Weron, Applied Energy 293 (2021).
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from inspect import getsource
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from mara.models.forecasting.days import Days
from mara.models.forecasting.gaussian_process import GaussianProcess
from mara.models.forecasting.lear import FramedLear, Lear
from mara.models.forecasting.network import JohnsonSu, Network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["BURN_DAYS", "MEMBERS", "TEST_DAYS", "Market", "Member", "forecasts", "markets"]

TEST_DAYS: Final = 728
BURN_DAYS: Final = 182
"""Days before the test on which the ensembles and the intervals learn from the members' errors."""
CACHE: Final = Path(__file__).resolve().parents[1] / "var" / "epf"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Market:
    """A market's days, and the published forecasts of its test by name, (728, 24) each."""

    name: str
    days: Days
    published: dict[str, Floats]

    @property
    def test(self) -> int:
        """First day of the test."""
        return len(self.days) - TEST_DAYS

    @property
    def first(self) -> int:
        """First day that the members forecast."""
        return self.test - BURN_DAYS

    @property
    def actual(self) -> Floats:
        """Prices of the test, shape (728, 24)."""
        return self.days.prices[self.test :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A model: its rolling forecasts of days `first` to the last, and the modules it is made of."""

    name: str
    rolling: Callable[[Days, int], Floats]
    modules: tuple[str, ...]
    weighed: bool = True
    """Whether the ensembles weigh it: they do what `mara.models.forecasting.members` lists."""


_FRAMES: Final = ("days", "frames")
_GP: Final = (*_FRAMES, "gaussian_process", "gp_kernel")
_LEAR: Final = (*_FRAMES, "lear", "lear_window", "lasso")
_NETWORK: Final = (*_FRAMES, "network", "network_train")

MEMBERS: Final = (
    Member(name="gp-fixed", rolling=GaussianProcess(frame="fixed").rolling, modules=_GP),
    Member(name="gp-hourly", rolling=GaussianProcess(frame="hourly").rolling, modules=_GP),
    Member(name="gp-week", rolling=GaussianProcess(frame="week").rolling, modules=_GP),
    Member(name="gp-month", rolling=GaussianProcess(frame="month").rolling, modules=_GP),
    Member(
        name="gp-month-fixed", rolling=GaussianProcess(frame="month-fixed").rolling, modules=_GP
    ),
    Member(name="lear-framed", rolling=FramedLear().rolling, modules=_LEAR),
    Member(name="network", rolling=Network().rolling, modules=_NETWORK),
    Member(name="lear", rolling=Lear().rolling, modules=_LEAR),
    Member(name="johnson-su", rolling=JohnsonSu().rolling, modules=_NETWORK, weighed=False),
)
"""What the ensembles are made of; the first to be run first."""


def markets(folder: Path) -> list[Market]:
    """Read all markets of a folder."""
    files = sorted(folder.glob("epf_*.csv.gz"))
    return [_market(file) for file in files if "_published_" not in file.name]


def forecasts(market: Market, member: Member, *, kept: bool = False) -> Floats | None:
    """Forecasts of one member, shape (days, k, 24), from the disk where they are.

    With `kept` None where they are not; else they are made.
    """
    file = CACHE / f"{market.name}_{member.name}_{fingerprint(market, member)}.npz"
    if kept and not file.exists():
        return None
    if not file.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        made = member.rolling(market.days, market.first)
        part = file.with_suffix(".part.npz")
        np.savez(part, made=made)
        part.replace(file)
    with np.load(file, allow_pickle=False) as found:
        made = found["made"]
    return _within(made.reshape(len(made), -1, 24), market.days.prices[: market.first])


def _within(made: Floats, came: Floats) -> Floats:
    """Cut forecasts half a range beyond the prices that came before them, as `Daily` does."""
    reach = 0.5 * np.ptp(came)
    return np.clip(made, came.min() - reach, came.max() + reach)


def fingerprint(market: Market, member: Member) -> str:
    """Tell code, settings and data apart; comments, docstrings and layout do not count."""
    digest = hashlib.sha256(f"{BURN_DAYS} {member.rolling!r}".split(" at 0x")[0].encode())
    digest.update(market.days.prices.tobytes() + market.days.exog.tobytes())
    for module in member.modules:
        source = getsource(import_module(f"mara.models.forecasting.{module}"))
        digest.update(_bare(source).encode())
    return digest.hexdigest()[:12]


def _bare(source: str) -> str:
    """Return the code of a module without its docstrings, comments, annotations and imports."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            for argument in (*node.args.args, *node.args.kwonlyargs):
                argument.annotation = None
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [part for part in body if not _silent(part)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _silent(node: ast.AST) -> bool:
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return text or isinstance(node, (ast.Import, ast.ImportFrom))


def _market(file: Path) -> Market:
    name = file.name.removeprefix("epf_").removesuffix(".csv.gz")
    table = pd.read_csv(file, parse_dates=["Date"])
    starts = table["Date"].iloc[::24]
    values = table.iloc[:, 1:].to_numpy(np.float64).reshape(len(starts), 24, -1)
    exog = values[:, :, 1:]
    weekday = starts.dt.dayofweek.to_numpy(np.int64)
    days = Days(
        prices=values[:, :, 0],
        exog=np.concatenate([exog, exog[-1:]]),
        weekday=np.append(weekday, (weekday[-1] + 1) % 7),
        whole=np.ones(len(starts), dtype=np.int64),
        number=int((starts.iloc[-1] - pd.Timestamp(0)).days) + 1,
    )
    return Market(name=name, days=days, published=_published(file))


def _published(file: Path) -> dict[str, Floats]:
    found = file.with_name(file.name.replace(".csv.gz", "_published_forecasts.csv.gz"))
    if not found.exists():
        return {}
    table = pd.read_csv(found).iloc[:, 2:]
    return {str(name): table[name].to_numpy(np.float64).reshape(-1, 24) for name in table}
