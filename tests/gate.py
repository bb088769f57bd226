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

    A browser and a dashboard fill two cores, so their tests run one by one.
    """
    environment = os.environ | {"COVERAGE_FILE": str(ROOT / ".coverage")}
    # The processes that tests start find each module compiled.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for old in ROOT.glob(".coverage*"):
        old.unlink()
    passes = (
        (f"{MARKS} and not e2e and not ui", [*COVERED, "-n", "2", "--dist", "worksteal"]),
        (f"{MARKS} and ui and not e2e", [*COVERED, "-n", "2", "--dist", "loadfile"]),
        (f"{MARKS} and e2e", []),
    )
    ended = [_passed(marks, arguments, environment) for marks, arguments in passes]
    short = _short_of_floors(environment)
    for line in short:
        print(line)  # noqa: T201
    return 0 if all(ended) and not short else 1


def _passed(marks: str, arguments: list[str], environment: dict[str, str]) -> bool:
    """Run the tests of some marks; those that fail once more, alone, and both runs are told.

    Tests with real servers, processes and clocks may fail on a machine that stands still for
    seconds; what is broken fails again.
    """
    ended = _pytest(["-m", marks, *arguments], environment)
    if ended != FAILED:
        return ended == 0
    print("The tests that failed run once more, one by one.", flush=True)  # noqa: T201
    again = ["--last-failed", "--last-failed-no-failures=none", "-m", marks]
    return _pytest(again, environment) == 0


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
