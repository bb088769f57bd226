"""`simulate` and `calibrate`: stochastic laws from the command line."""

from __future__ import annotations

import json as text
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from mara.cli.options import Columns, Json, Zone, columns_of
from mara.cli.paths_file import check_suffix, write_moments, write_paths, write_text
from mara.errors import DataFileError, InvalidValue, SettingsError
from mara.feeds.columns import FIGURE_OF
from mara.feeds.pricefile import read_price_file
from mara.feeds.timestamps import zone_of
from mara.models.stochastic import Grid, Noise, Precision, PriceSeries, law_called
from mara.models.stochastic.document import law_from, to_document
from mara.models.stochastic.goodness import goodness_of_fit
from mara.models.stochastic.seasonal import SeasonalLaw, calibrate_seasonal
from mara.models.stochastic.streaming import stream_moments

if TYPE_CHECKING:
    from mara.models.stochastic import Calibration, Law
    from mara.models.stochastic.streaming import StreamedMoments

__all__ = ["calibrate", "simulate"]

_MOST_BYTES = 64_000_000

Model = Annotated[str, typer.Argument(help="A law: ou, gbm, merton, jumps_normal, ...")]
Parameters = Annotated[
    list[str] | None, typer.Option("--param", help="A parameter, such as rate=0.5. Repeat it.")
]
LawFile = Annotated[
    Path | None,
    typer.Option("--law", help="A law that `calibrate --out` wrote, instead of --param."),
]
Start = Annotated[float, typer.Option(help="Value at step 0.")]
Begins = Annotated[
    datetime | None, typer.Option(help="Time of step 0, UTC; laws with a season need it.")
]
Step = Annotated[
    float, typer.Option("--dt", help="Length of a step, in the unit of time of the rates.")
]
MomentsOnly = Annotated[
    bool, typer.Option("--moments", help="Moments only: paths are never stored.")
]
Seasonal = Annotated[
    bool, typer.Option("--seasonal", help="Remove hour, weekday and season first.")
]
Out = Annotated[Path | None, typer.Option(help="File for the answer.")]


def simulate(  # noqa: PLR0913, PLR0917 - one argument an option
    model: Model,
    start: Start,
    param: Parameters = None,
    law: LawFile = None,
    paths: Annotated[int, typer.Option(help="How many paths.")] = 1_000,
    steps: Annotated[int, typer.Option(help="Steps of a path.")] = 288,
    dt: Step = 1.0,
    begins: Begins = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same numbers.")] = 0,
    noise: Annotated[Noise, typer.Option(help="Kind of normals.")] = Noise.PLAIN,
    precision: Annotated[Precision, typer.Option(help="Width of numbers.")] = Precision.DOUBLE,
    threads: Annotated[int, typer.Option(help="Threads; they change no number.")] = 1,
    moments: MomentsOnly = False,  # noqa: FBT002
    out: Out = None,
    json: Json = False,  # noqa: FBT002
) -> None:
    """Simulate paths of a law, or their moments in bounded memory."""
    chosen = _law(model, param, law)
    if out is not None:
        check_suffix(out)
    grid = Grid(
        n_paths=paths,
        n_steps=steps,
        dt=dt,
        start=start,
        begins=begins.replace(tzinfo=UTC) if begins else None,
        noise=noise,
        precision=precision,
    )
    rng = _generator(seed)
    with _threads(threads) as executor:
        if moments or out is None:
            found = stream_moments(chosen, rng, grid, executor=executor)
            written = write_moments(found, out) if out else None
        else:
            whole = chosen.simulate(rng, grid, executor=executor)
            written = write_paths(whole, grid, out)
            found = None
    record = _simulated(model, seed, grid, found) | ({"out": str(written)} if written else {})
    typer.echo(text.dumps(record) if json else _told(record))


def calibrate(  # noqa: PLR0913, PLR0917 - one argument an option
    model: Model,
    data: Annotated[Path, typer.Option(help="Price file: CSV, .csv.gz or Parquet.")],
    columns: Columns = None,
    tz: Zone = None,
    figure: Annotated[str, typer.Option(help="Which of the file's figures.")] = "energy_price",
    since: Annotated[datetime | None, typer.Option(help="First time used, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="First time no longer used, UTC.")] = None,
    seasonal: Seasonal = False,  # noqa: FBT002
    out: Out = None,
    json: Json = False,  # noqa: FBT002
) -> None:
    """Find a law's parameters in a price file, with standard errors and goodness of fit."""
    kind = law_called(model)
    series = _series(data, columns_of(columns), tz, figure, (since, until))
    found: Calibration[Law]
    found = calibrate_seasonal(kind, series) if seasonal else kind.calibrate(series)
    if out is not None:
        write_text(text.dumps(to_document(found.law)), out)
    record = _calibrated(model, series, found)
    typer.echo(text.dumps(record) if json else _table(record))


def _law(model: str, param: list[str] | None, file: Path | None) -> Law:
    kind = law_called(model)
    if file is not None:
        return _law_of(file, model, param)
    given = dict(_pair(one) for one in param or ())
    wanted = [field.name for field in fields(kind)]
    strange = next((name for name in given if name not in wanted), None)
    missing = next((name for name in wanted if name not in given), None)
    if strange or missing:
        state = f"--param {strange}=... is unknown" if strange else f"{missing} is missing"
        raise SettingsError(f"simulate {model}: {state}; its parameters are {', '.join(wanted)}")
    made: Law = kind(**given)
    return made


def _law_of(file: Path, model: str, param: list[str] | None) -> Law:
    """Read the law of a file, which must be `model`, alone or on a seasonal level."""
    if param:
        raise SettingsError(
            f"simulate {model}: --law {file} has all parameters; leave --param {param[0]} away"
        )
    law: Law = law_from(_document(file), owner=str(file))
    held = law.noise.name if isinstance(law, SeasonalLaw) else law.name
    if held != model:
        raise SettingsError(
            f"simulate {model}: --law {file} holds the law {held}; write `simulate {held} --law ...`"
        )
    return law


def _pair(given: str) -> tuple[str, float]:
    name, sign, value = given.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = np.nan
    if not (name and sign) or not np.isfinite(number):
        raise SettingsError(f"--param {given}: write it as name=number")
    return name.strip(), number


def _document(file: Path) -> object:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise DataFileError(f"{file}: the file is larger than {_MOST_BYTES // 1_000_000} MB")
        found: object = text.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataFileError(f"{file}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise DataFileError(f"{file}: it is no JSON; write one with calibrate --out FILE") from None
    return found


def _generator(seed: int) -> np.random.Generator:
    if seed < 0:
        raise SettingsError(f"--seed {seed}: give a whole number, zero or above")
    return np.random.Generator(np.random.PCG64(seed))


def _threads(count: int) -> ThreadPoolExecutor:
    if not 1 <= count <= 256:
        raise SettingsError(f"--threads {count}: give 1 to 256")
    return ThreadPoolExecutor(count)


def _simulated(model: str, seed: int, grid: Grid, found: StreamedMoments | None) -> dict[str, Any]:
    record: dict[str, Any] = {
        "model": model,
        "origin": "SIMULATED",
        "seed": seed,
        "paths": grid.n_paths,
        "steps": grid.n_steps,
        "dt": grid.dt,
    }
    if found is None:
        return record
    arrays = {
        "times": found.times,
        "mean": found.mean,
        "standard_error": found.standard_error,
        "standard_deviation": np.sqrt(found.variance),
        "lowest": found.lowest,
        "highest": found.highest,
    }
    listed = {name: None if v is None else v.tolist() for name, v in arrays.items()}
    return record | listed


def _told(record: dict[str, Any]) -> str:
    """Words for a person: series are shown at their end, what is not known as a dash."""

    def said(value: object) -> object:
        if isinstance(value, list):
            return f"{value[-1]:.6g} at the end"
        return "-" if value is None else value

    return "\n".join(f"{name}: {said(value)}" for name, value in record.items())


def _series(
    data: Path,
    columns: dict[str, str] | None,
    tz: str | None,
    figure: str,
    span: tuple[datetime | None, datetime | None],
) -> PriceSeries:
    table = read_price_file(data, tz=tz, columns=columns)
    if figure not in FIGURE_OF or FIGURE_OF[figure] not in table.figures:
        raise InvalidValue(
            f"--figure {figure}: {data} has none; figures are {', '.join(FIGURE_OF)}, "
            "mapped with --columns"
        )
    begin, end = (None if at is None else at.replace(tzinfo=UTC).timestamp() for at in span)
    keep = np.ones(len(table), dtype=bool)
    if begin is not None:
        keep &= table.epoch_s >= begin
    if end is not None:
        keep &= table.epoch_s < end
    values = table.figures[FIGURE_OF[figure]][keep]
    return PriceSeries.at_times(values, table.epoch_s[keep], zone=zone_of(tz) if tz else None)


def _calibrated(model: str, series: PriceSeries, found: Calibration[Law]) -> dict[str, Any]:
    fit = goodness_of_fit(found.law, series)
    return {
        "model": model,
        "method": found.method,
        "unit_of_time": "hour",
        "observations": found.n_observations,
        "parameters": {
            e.name: {
                "value": e.value,
                "standard_error": e.standard_error,
                "low": e.low,
                "high": e.high,
            }
            for e in found.estimates
        },
        "log_likelihood": found.log_likelihood,
        "aic": found.aic,
        "bic": found.bic,
        "ks_statistic": fit.ks_statistic,
        "ks_p_value": fit.ks_p_value,
        "residual_autocorrelation_1": float(fit.autocorrelation[0]),
    }


def _table(record: dict[str, Any]) -> str:
    """Words and figures for a person."""
    lines = [f"{record['model']}: {record['method']}, {record['observations']:,} transitions"]
    lines.append(f"{'parameter':<18}{'value':>12}{'error':>12}{'95 % from':>12}{'to':>12}")
    for name, e in record["parameters"].items():
        figures = (e["value"], e["standard_error"], e["low"], e["high"])
        lines.append(f"{name:<18}" + "".join(f"{figure:>12.5g}" for figure in figures))
    lines.append("rates are per hour")
    figures_of = ("log_likelihood", "aic", "bic", "ks_statistic", "ks_p_value")
    return "\n".join([*lines, *(f"{name}: {record[name]:.6g}" for name in figures_of)])
