"""The claim of docs/risk.md: VaR of the demo site over the real year of 2023."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.stochastic_risk import lines, main, real_days, study
from mara.domain.presets import demo_site
from mara.models.risk.answers import Answer
from mara.models.risk.day_ahead import day_records
from mara.models.risk.rolling import chosen

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.stat, pytest.mark.slow]


@pytest.mark.no_cover
def test_the_method_chosen_on_the_first_half_passes_on_the_second(bench_data: Path) -> None:
    made = study(bench_data, scenarios=100)
    picked = chosen(made.tests[0.95])
    assert picked.second.passes, picked
    assert {len(tests) for tests in made.tests.values()} == {4}
    assert picked.first.days + picked.second.days == 305


def test_the_answer_to_no_data() -> None:
    assert "MARA_BENCH_DATA" in lines(None)[0].figure


def test_the_days_are_those_of_the_file(bench_data: Path) -> None:
    sheet = real_days(bench_data)
    assert len(sheet) == 365
    first = sheet.rows(0, 9)
    assert [r.begins.day for r in day_records(demo_site(), first, Answer.HELD)] == [8, 9]


def test_the_table_says_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MARA_BENCH_DATA", raising=False)
    main()
    assert "no data" in capsys.readouterr().out
