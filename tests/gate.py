"""`make test`: every test, and the coverage each package must have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLOORS = {
    "mara/domain": 100.0,
    "mara/models": 100.0,
    "mara/games": 100.0,
    "mara/ledger": 100.0,
    "mara": 95.0,
}
MARKS = "not soak and not live"
COVERED = ("--cov", "--cov-report=", "--cov-append")
FAILED = 1
"""How pytest ends where tests ran and some failed."""
STUCK_S = 600
"""A test that is not over by then, its own time limit notwithstanding, ends with its process."""


def main() -> int:
    """Run the tests in three passes, then compare coverage with its floors.

    A browser and a dashboard fill two cores, so their tests run one by one; what failed is
    repeated once, and both runs are told.
    """
    environment = os.environ | {"COVERAGE_FILE": str(ROOT / ".coverage")}
    # The processes that tests start find each module compiled.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for old in ROOT.glob(".coverage*"):
        old.unlink()
    passes = (
        [*COVERED, "-n", "2", "--dist", "worksteal", "-m", f"{MARKS} and not e2e and not ui"],
        [*COVERED, "-n", "2", "--dist", "loadfile", "-m", f"{MARKS} and ui and not e2e"],
        ["-m", f"{MARKS} and e2e"],
    )
    ended = [_pytest(arguments, environment) for arguments in passes]
    if ended[-1] == FAILED:
        print("Browser tests that failed are repeated once.")  # noqa: T201
        ended[-1] = _pytest(["--last-failed", "-m", f"{MARKS} and e2e"], environment)
    short = _short_of_floors(environment)
    for line in short:
        print(line)  # noqa: T201
    return 1 if short or any(ended) else 0


def _pytest(arguments: list[str], environment: dict[str, str]) -> int:
    common = ["-m", "pytest", "-q", "--durations=15"]
    stuck = ["-o", f"faulthandler_timeout={STUCK_S}", "-o", "faulthandler_exit_on_timeout=true"]
    return _python([*common, *stuck, *arguments], environment)


def _python(arguments: list[str], environment: dict[str, str]) -> int:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, check=False
    ).returncode


def _short_of_floors(environment: dict[str, str]) -> list[str]:
    report = ROOT / "artifacts" / "coverage.json"
    report.parent.mkdir(exist_ok=True)
    _python(["-m", "coverage", "json", "--quiet", "-o", str(report)], environment)
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    lines = []
    for package, floor in FLOORS.items():
        share = _share({n: f for n, f in files.items() if n.startswith(f"{package}/")})
        print(f"coverage of {package}: {share:.2f} % (floor {floor:g} %)")  # noqa: T201
        if share + 1e-9 < floor:
            lines.append(f"coverage of {package} is {share:.2f} %, below its floor of {floor:g} %")
    return lines


def _share(files: dict[str, dict[str, dict[str, float]]]) -> float:
    covered = total = 0.0
    for entry in files.values():
        summary = entry["summary"]
        covered += summary["covered_lines"] + summary["covered_branches"]
        total += summary["num_statements"] + summary["num_branches"]
    return 100.0 * covered / total if total else 0.0


if __name__ == "__main__":
    sys.exit(main())
