"""`bench`: the performance table of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from mara.errors import SettingsError

__all__ = ["bench"]

_AREAS = ("core", "stochastic", "insights", "games", "forecast", "storage")

Area = Annotated[str, typer.Argument(help=f"What to measure: {', '.join(_AREAS)}.")]


Epf = Annotated[
    Path | None,
    typer.Option(help="forecast: folder of the open benchmark's epf_*.csv.gz; none: speed alone."),
]


Demand = Annotated[bool, typer.Option("--demand", help="forecast: grid load and inference demand.")]
Ercot = Annotated[bool, typer.Option("--ercot", help="forecast: real-time price of hub West.")]
Coverage = Annotated[
    bool, typer.Option("--coverage", help="forecast: 90 % intervals over 30 simulated days.")
]


def bench(
    area: Area = "core",
    epf: Epf = None,
    demand: Demand = False,  # noqa: FBT002
    ercot: Ercot = False,  # noqa: FBT002
    coverage: Coverage = False,  # noqa: FBT002
) -> None:
    """Measure this machine and print the table; `bench/` holds what is measured and how."""
    if area not in _AREAS:
        raise SettingsError(f"bench: area {area!r} is unknown; use one of {', '.join(_AREAS)}")
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", f"bench.{area}"]
    if epf is not None:
        command += ["--epf", str(epf.resolve())]
    if demand or ercot:
        flags = [*(["--demand"] if demand else []), *(["--ercot"] if ercot else [])]
        command[2:] = ["bench.forecast_demand", *flags]
    if coverage:
        command[2:] = ["bench.forecast_coverage"]
    environment = dict(os.environ)  # noqa: TID251
    ended = subprocess.run(command, cwd=root, env=environment, check=False)  # noqa: S603
    raise typer.Exit(ended.returncode)
