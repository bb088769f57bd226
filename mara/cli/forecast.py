"""`forecast`: a forecast of a file's figure, or a rolling evaluation of a model."""

from __future__ import annotations

import json as text
import math
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from mara.cli.options import Columns, Json, Zone, columns_of
from mara.errors import DataFileError, SettingsError
from mara.feeds.pricefile import read_price_file
from mara.models.forecasting.evaluation.profiles import by_hour
from mara.models.forecasting.evaluation.rolling import evaluated, rolled
from mara.models.forecasting.evaluation.schedule import last_days
from mara.models.forecasting.evaluation.scorecard import scorecard
from mara.models.forecasting.evaluation.track import joined
from mara.models.forecasting.registry import FORECASTERS, forecaster
from mara.models.forecasting.store import save as stored
from mara.services.forecasting import (
    NAIVE,
    TARGETS,
    UNITS,
    known_after,
    past_of,
    prepared,
    steps_of,
)

if TYPE_CHECKING:
    from mara.models.forecasting.evaluation.schedule import Schedule
    from mara.models.forecasting.evaluation.scorecard import Scorecard
    from mara.models.forecasting.evaluation.track import Track
    from mara.models.forecasting.past import Known, Past
    from mara.services.forecasting import Prepared

__all__ = ["forecast"]

_TELL_EVERY: Final = 7

Data = Annotated[Path, typer.Option(help="Price file: CSV, .csv.gz or Parquet.")]
Model = Annotated[
    str, typer.Option(help=f"One of {', '.join(FORECASTERS)}; or the .npz file of a saved model.")
]
Horizon = Annotated[float, typer.Option(help="Hours ahead.")]
Target = Annotated[str, typer.Option(help=f"Column to forecast: {', '.join(TARGETS)}.")]
KnownFuture = Annotated[
    Path | None, typer.Option(help="File of the exog columns of the hours ahead.")
]
Evaluate = Annotated[bool, typer.Option("--evaluate", help="Roll over past days and score.")]
TestDays = Annotated[int, typer.Option(help="Days of the evaluation.")]
RefitEvery = Annotated[int, typer.Option(help="Days between two fits.")]
Start = Annotated[str | None, typer.Option(help="First day of the test, such as 2023-01-01.")]
Out = Annotated[Path | None, typer.Option(help="CSV to write the forecasts to.")]
Save = Annotated[Path | None, typer.Option(help="File (.npz) to keep the fitted model in.")]


def forecast(  # noqa: PLR0913, PLR0917
    data: Data,
    model: Model = "seasonal-ar",
    horizon: Horizon = 24.0,
    target: Target = "energy_price",
    known_future: KnownFuture = None,
    evaluate: Evaluate = False,  # noqa: FBT002
    test_days: TestDays = 28,
    refit_every: RefitEvery = 1,
    start: Start = None,
    out: Out = None,
    save: Save = None,
    columns: Columns = None,
    tz: Zone = None,
    json: Json = False,  # noqa: FBT002
) -> None:
    """Forecast a figure of a file, or evaluate a model on it out of sample."""
    mapped = columns_of(columns)
    if evaluate:
        _refuse_beside_evaluate(known_future, save)
    if target not in TARGETS:
        raise SettingsError(f"--target {target!r} is unknown; use one of {', '.join(TARGETS)}")
    table = read_price_file(data, tz=tz, columns=mapped, needed=target)
    past = past_of(table, target)
    if evaluate:
        schedule = last_days(
            past,
            test_days,
            horizon=steps_of(past, horizon),
            refit_every=refit_every,
            start=_day(start),
        )
        track = joined(_told(model, past, schedule))
        naive = track if model == NAIVE else evaluated(forecaster(NAIVE), past, schedule)
        if out is not None:
            _write(out, _rows(track))
        _show_scores(track, scorecard(track, naive), past, json=json)
        return
    known = None
    if known_future is not None:
        future = read_price_file(known_future, tz=tz, columns=_exogenous(mapped), needed=None)
        known = known_after(future, past, steps_of(past, horizon))
    _show_forecast(_made(model, past, horizon, known, save), out, json=json)


def _refuse_beside_evaluate(known_future: Path | None, save: Path | None) -> None:
    """Refuse what an evaluation has no use for, before it takes minutes."""
    if known_future is not None:
        raise SettingsError(
            "--known-future cannot go with --evaluate, which reads what was known of each day from "
            "the exog columns of --data; leave --known-future out"
        )
    if save is not None:
        raise SettingsError(
            "--save cannot go with --evaluate, which fits on parts of the data and keeps none; run "
            "forecast again without --evaluate to save a model fitted on all of it"
        )


def _made(
    model: str, past: Past, horizon: float, known: Known | None, save: Path | None
) -> Prepared:
    made = prepared(model, past, horizon, known)
    if save is not None:
        try:
            stored(made.fitted, save)
        except OSError as error:
            raise DataFileError(f"{save}: cannot be written: {error.strerror}") from None
    return made


def _day(text_: str | None) -> date | None:
    try:
        return None if text_ is None else date.fromisoformat(text_[:10])
    except ValueError:
        raise SettingsError(f"--start {text_!r}: give a day such as 2023-01-01") from None


def _exogenous(columns: dict[str, str] | None) -> dict[str, str] | None:
    """Keep of a mapping what a file of the future has: its times and exogenous columns."""
    if columns is None:
        return None
    return {o: its for o, its in columns.items() if o == "timestamp" or o.startswith("exog_")}


def _told(model: str, past: Past, schedule: Schedule) -> list[Track]:
    """Roll through the schedule, and say on stderr how far it is."""
    pieces = []
    for number, piece in enumerate(rolled(forecaster(model), past, schedule), start=1):
        pieces.append(piece)
        if number % _TELL_EVERY == 0:
            typer.echo(f"{number} of {len(schedule.issues_s)} days", err=True)
    return pieces


def _utc(at_s: float) -> str:
    return datetime.fromtimestamp(float(at_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _rows(track: Track) -> list[str]:
    """Lines of the CSV: times in UTC, then mean, quantiles and what came (empty where nothing)."""
    header = ["timestamp", "issue_time", "mean", *(f"q{level:g}" for level in track.levels)]
    lines = [",".join([*header, "actual"])]
    for i in range(len(track)):
        told = [track.mean[i], *track.quantiles[i], track.actual[i]]
        shown = ("" if math.isnan(value) else f"{value:.6g}" for value in told)
        lines.append(",".join([_utc(track.start_s[i]), _utc(track.issued_s[i]), *shown]))
    return lines


def _write(out: Path, lines: list[str]) -> None:
    try:
        out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataFileError(f"{out}: cannot be written: {error.strerror}") from None


def _show_scores(track: Track, card: Scorecard, past: Past, *, json: bool) -> None:
    unit = UNITS[past.target]
    if json:
        typer.echo(text.dumps(_scores(track, card, past)))
        return
    told = {
        f"MAE ({unit})": card.mae,
        f"MAE of {NAIVE} ({unit})": card.naive_mae,
        "rMAE": card.rmae,
        f"RMSE ({unit})": card.rmse,
        "sMAPE": card.smape,
        "accuracy (100 % - WAPE)": card.accuracy,
        f"accuracy of {NAIVE}": card.naive_accuracy,
        f"pinball ({unit})": card.pinball,
        f"CRPS ({unit})": card.crps,
        f"p that {NAIVE} is as good": card.versus_naive.p_value if card.versus_naive else None,
    }
    typer.echo(f"{card.model}: {card.rows:,} values of {card.issues:,} forecasts")
    for name, value in told.items():
        typer.echo(f"{name:34} {'' if value is None else f'{value:.4f}'}")
    for band in card.bands:
        typer.echo(
            f"{band.nominal:.0%} interval{'':22} covers {band.covered:.1%}, {band.width:.2f} wide"
        )


def _scores(track: Track, card: Scorecard, past: Past) -> dict[str, Any]:
    versus = card.versus_naive
    return {
        "model": card.model,
        "target": past.target,
        "unit": UNITS[past.target],
        "values": card.rows,
        "issues": card.issues,
        "mae": card.mae,
        "rmse": card.rmse,
        "smape": card.smape,
        "wape": card.wape,
        "accuracy": card.accuracy,
        "rmae": card.rmae,
        "pinball": card.pinball,
        "crps": card.crps,
        "naive": {"model": NAIVE, "mae": card.naive_mae, "accuracy": card.naive_accuracy},
        "versus_naive": None
        if versus is None
        else {
            "statistic": versus.statistic,
            "p_value": versus.p_value,
            "days": versus.days,
            "overlap": versus.overlap,
        },
        "intervals": [
            {"nominal": b.nominal, "covered": b.covered, "width": b.width} for b in card.bands
        ],
        "by_hour": [
            {
                "hour": slot.hour,
                "mae": slot.mae,
                "covered": slot.band.covered if slot.band else None,
                "width": slot.band.width if slot.band else None,
            }
            for slot in by_hour(track, ZoneInfo(past.zone))
        ],
    }


def _show_forecast(made: Prepared, out: Path | None, *, json: bool) -> None:
    said = made.predicted
    times = [_utc(at) for at in said.epoch_s]
    names = [f"q{level:g}" for level in said.levels]
    lines = [
        ",".join([at, *(f"{value:.6g}" for value in (mean, *row))])
        for at, mean, row in zip(times, said.mean, said.quantiles, strict=True)
    ]
    table = [",".join(["timestamp", "mean", *names]), *lines]
    if out is not None:
        _write(out, table)
    if json:
        typer.echo(
            text.dumps(
                {
                    "model": said.model,
                    "target": said.target,
                    "unit": made.unit,
                    "issue_time": _utc(said.start_s),
                    "step_minutes": said.step_s / 60,
                    "timestamps": times,
                    "mean": said.mean.tolist(),
                    "quantiles": {
                        f"{level:g}": column.tolist()
                        for level, column in zip(said.levels, said.quantiles.T, strict=True)
                    },
                }
            )
        )
    elif out is None:
        typer.echo(f"# {said.model}: {said.target} in {made.unit}")
        typer.echo("\n".join(table))
