"""Simulated paths and moments as files: CSV, .csv.gz, Parquet, and .npy for paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from mara.errors import DataFileError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mara.models.stochastic.grid import Grid, Paths
    from mara.models.stochastic.streaming import StreamedMoments

__all__ = ["check_suffix", "write_moments", "write_paths", "write_text"]

_SUFFIXES: Final = (".csv", ".csv.gz", ".parquet", ".npy")


def check_suffix(out: Path) -> None:
    """Refuse a file whose name tells no format, before anything is computed.

    Raises
    ------
    SettingsError
        The name ends in none of those known.
    """
    if not out.name.endswith(_SUFFIXES):
        raise SettingsError(f"--out {out}: end the name in one of {', '.join(_SUFFIXES)}")


def write_paths(paths: Paths, grid: Grid, out: Path) -> Path:
    """Write paths: a column for each, a row for each step, time first; .npy holds them as rows."""
    if out.name.endswith(".npy"):
        return _written(out, lambda: np.save(out, paths))
    columns = {"time": grid.times} | {f"path_{i}": path for i, path in enumerate(paths)}
    return _frame(pd.DataFrame(columns), out)


def write_moments(found: StreamedMoments, out: Path) -> Path:
    """Write moments: a row for each step; a standard error that is not known stays empty."""
    frame = pd.DataFrame(
        {
            "time": found.times,
            "mean": found.mean,
            "standard_error": np.nan if found.standard_error is None else found.standard_error,
            "standard_deviation": np.sqrt(found.variance),
            "lowest": found.lowest,
            "highest": found.highest,
        }
    )
    if out.name.endswith(".npy"):
        return _written(out, lambda: np.save(out, frame.to_numpy()))
    return _frame(frame, out)


def write_text(content: str, out: Path) -> Path:
    """Write a text file."""
    return _written(out, lambda: out.write_text(content, encoding="utf-8"))


def _frame(frame: pd.DataFrame, out: Path) -> Path:
    if out.name.endswith(".parquet"):
        return _written(out, lambda: frame.to_parquet(out, index=False))
    return _written(out, lambda: frame.to_csv(out, index=False))


def _written(out: Path, write: Callable[[], object]) -> Path:
    try:
        write()
    except OSError as error:
        raise DataFileError(f"{out}: cannot be written: {error.strerror}") from None
    return out
