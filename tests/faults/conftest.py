"""Log lines as the platform writes them: a failure's traceback costs nothing to speak of."""

from __future__ import annotations

import pytest

from mara.bootstrap.logs import configure_logging


@pytest.fixture(autouse=True)
def _logs() -> None:
    configure_logging("INFO")
