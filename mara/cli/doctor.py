"""`doctor`: is everything there that MARA needs, and what to do where it is not."""

from __future__ import annotations

import json

import typer

from mara.bootstrap.doctor import Finding, examine
from mara.cli.options import Feed, Json, LedgerUrl, SiteName, settings_from

__all__ = ["doctor"]


def doctor(
    feed: Feed = None,
    site: SiteName = None,
    ledger: LedgerUrl = None,
    as_json: Json = False,  # noqa: FBT002
) -> None:
    """Check settings, feed, ledger, disk, clock and port; exit code 1 where something is wrong."""
    findings = examine(settings_from(feed=feed, site=site, ledger=ledger))
    if as_json:
        rows = [{"check": f.check, "ok": f.ok, "text": f.text} for f in findings]
        typer.echo(json.dumps(rows, indent=2))
    else:
        for finding in findings:
            typer.echo(_line(finding))
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _line(finding: Finding) -> str:
    return f"{'ok  ' if finding.ok else 'FAIL'}  {finding.check:10} {finding.text}"
