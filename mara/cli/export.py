"""`export`: the ledger as CSV or Parquet files."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mara.bootstrap.sources import site_of
from mara.cli.options import Feed, LedgerUrl, SiteName, settings_from
from mara.errors import DataFileError
from mara.ledger.export import Exported, frame_of
from mara.ledger.export import export as write
from mara.ledger.ledger import Ledger

__all__ = ["export"]

_PAST = datetime(2000, 1, 1, tzinfo=UTC)
_FUTURE = datetime(2200, 1, 1, tzinfo=UTC)


class Suffix(StrEnum):
    """File formats."""

    CSV = "csv"
    GZIP = "csv.gz"
    PARQUET = "parquet"


Out = Annotated[Path, typer.Option(help="Folder for the files; made where it is missing.")]
Kinds = Annotated[
    list[Exported] | None, typer.Option("--kind", help="Which tables; all of them by default.")
]
Format = Annotated[Suffix, typer.Option("--format", help="csv, csv.gz or parquet.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")]


def export(  # noqa: PLR0913, PLR0917
    out: Out,
    kind: Kinds = None,
    file_format: Format = Suffix.CSV,
    site: SiteName = None,
    feed: Feed = None,
    ledger: LedgerUrl = None,
    overwrite: Overwrite = False,  # noqa: FBT002
) -> None:
    """Write postings, ticks, decisions and hourly flows, with units in their headers."""
    settings = settings_from(site=site, ledger=ledger)
    known = site_of(settings_from(site=site, feed=feed, ledger=ledger))
    path = settings.ledger.url.removeprefix("sqlite:///")
    if settings.ledger.url.startswith("sqlite:///") and not Path(path).exists():
        raise DataFileError(
            f"export: there is no ledger {path}; run the agents first, or name one with --ledger"
        )
    _make(out)
    with Ledger.open(settings.ledger.url, site_id=known.site_id) as books:
        for what in kind or list(Exported):
            currency = known.labels.currency
            frame = frame_of(books, what, _PAST, _FUTURE, currency=currency)
            target = write(frame, out / f"{what}.{file_format}", overwrite=overwrite)
            typer.echo(f"{target}: {len(frame)} rows")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataFileError(
            f"export: the folder {folder} cannot be made ({error.strerror}); name another with --out"
        ) from None
