"""What takes seconds to import is not loaded until it is used."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("anthropic", "httpx2", "torch", "cvxpy", "numba", "sklearn", "prophet")


def test_wiring_the_insights_loads_no_sdk() -> None:
    code = (
        "import sys; import mara.bootstrap.insights, mara.bootstrap.doctor; "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
