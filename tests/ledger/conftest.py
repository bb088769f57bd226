"""A ledger of its own for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mara.ledger import Ledger
from tests.ledger.worlds import SITE_ID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "books" / "mara.db"


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}"


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger.open(url, site_id=SITE_ID, busy_timeout_s=0.2) as opened:
        yield opened
