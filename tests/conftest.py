"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Whether a law holds does not depend on how busy the machine is, and a green run stays green:
# the same examples are drawn each time. `--hypothesis-profile=search` draws new ones.
settings.register_profile("mara", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("mara")


WHOLE_SYSTEMS = ("tests/faults/", "tests/bootstrap/", "tests/cli/")
"""Folders whose tests start whole systems; they are left to `make test`."""

REPEATS = (
    "tests/agents/",
    "tests/faults/",
    "tests/feeds/",
    "tests/games/continuous/",
    "tests/games/normal_form/",
    "tests/ledger/",
)
"""Folders whose slow tests run what others ran: the tracer of coverage would only hold them up."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of whole systems as slow, and those that coverage does not need."""
    for item in items:
        if item.nodeid.startswith(WHOLE_SYSTEMS):
            item.add_marker(pytest.mark.slow)
        if item.nodeid.startswith(REPEATS) and item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(scope="session")
def bench_data() -> Path:
    """Folder of the real market data; the test is skipped where it is not given."""
    folder = os.environ.get("MARA_BENCH_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("set MARA_BENCH_DATA to the folder of real market data to run this test")
    return Path(folder).resolve()
