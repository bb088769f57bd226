"""Settings: defaults, file, environment, arguments, in rising order; every mistake names its key."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mara.errors import SettingsError
from mara.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("MARA_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _file(text: str) -> Path:
    path = Path("mara.toml")
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_need_nothing() -> None:
    loaded = load_settings()
    assert loaded == Settings()
    assert (loaded.site, loaded.feed.kind, loaded.trading.mode) == ("demo", "simulated", None)


def test_the_file_is_read_where_it_stands() -> None:
    _file('site = "mara-2025"\n[safe]\ncurtail_after = 3\n')
    loaded = load_settings()
    assert (loaded.site, loaded.safe.curtail_after) == ("mara-2025", 3)


def test_the_file_can_stand_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text('log_level = "DEBUG"\n', encoding="utf-8")
    monkeypatch.setenv("MARA_CONFIG", str(other))
    assert load_settings().log_level == "DEBUG"
    assert load_settings(other).log_level == "DEBUG"


def test_environment_over_file_and_arguments_over_all(monkeypatch: pytest.MonkeyPatch) -> None:
    _file("[safe]\ncurtail_after = 3\nresume_after = 7\n[feed]\nspeed = 2.0\n")
    monkeypatch.setenv("MARA_SAFE__CURTAIL_AFTER", "5")
    monkeypatch.setenv("MARA_FEED__SPEED", "60")
    loaded = load_settings(feed={"speed": "max"})
    assert (loaded.safe.curtail_after, loaded.safe.resume_after) == (5, 7)
    assert loaded.feed.speed == "max"


def test_tables_are_json_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARA_FEED__REPLAY__COLUMNS", '{"energy_price": "HB_WEST"}')
    assert load_settings().feed.replay.columns == {"energy_price": "HB_WEST"}
    replaced = load_settings(feed={"replay": {"columns": {"energy_price": "HB_NORTH"}}})
    assert replaced.feed.replay.columns == {"energy_price": "HB_NORTH"}
    monkeypatch.setenv("MARA_FEED", "simulated")
    with pytest.raises(SettingsError, match=r'field "feed".*JSON'):
        load_settings()


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARA_TRADING__OPERATOR_PASSWORD", "canary-1234")
    monkeypatch.setenv("MARA_FEED__MARA_API__API_KEY", "canary-5678")
    loaded = load_settings()
    assert "canary" not in repr(loaded)
    assert "canary" not in loaded.model_dump_json()
    password = loaded.trading.operator_password
    assert password is not None
    assert password.get_secret_value() == "canary-1234"
    monkeypatch.setenv("MARA_SAFE__CURTAIL_AFTER", "canary")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("bogus = 1", "'bogus' is unknown"),
        ("[feed]\nkindd = 1", "'feed.kindd' is unknown"),
        ("[safe]\ncurtail_after = 0", "'safe.curtail_after'"),
        ("[safe]\nspike_usd_per_mwh = nan", "'safe.spike_usd_per_mwh'"),
        ("[safe]\nresume_ratio = 3", r"safe\.resume_ratio=3 .* safe\.curtail_ratio=1$"),
        ("[feed]\nspeed = 0", "key 'feed.speed': .*greater than 0"),
        ("[feed.replay.columns]\nenergy_price = 3", "key 'feed.replay.columns.energy_price': "),
        ('site = "moon"', "'site'"),
        ("[feed.simulated]\nstart = 2026-06-01T05:00:00", "'feed.simulated.start'.*offset"),
        ("feed = 3", "'feed'"),
        ("site = ", "not valid TOML"),
    ],
)
def test_a_wrong_file_names_its_key(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load_settings(_file(text))


@pytest.mark.parametrize(
    "name", ["MARA_BOGUS", "MARA_FEED__KINDD", "MARA_FEED__SPEED__FAST", "MARA_"]
)
def test_an_unknown_variable_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError, match=f"{name} names no setting"):
        load_settings()


def test_the_folder_of_market_data_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARA_BENCH_DATA", "/nowhere")
    assert load_settings() == Settings()


def test_unknown_arguments_are_named() -> None:
    with pytest.raises(SettingsError, match="'bogus' is unknown"):
        load_settings(bogus=1)


def test_a_file_that_is_asked_for_must_be_there() -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        load_settings(Path("missing.toml"))


def test_a_start_with_an_offset_is_kept_in_utc() -> None:
    loaded = load_settings(_file("[feed.simulated]\nstart = 2026-06-01T00:00:00-05:00\n"))
    assert loaded.feed.simulated.start == datetime(2026, 6, 1, 5, tzinfo=UTC)
    assert loaded.feed.simulated.start.tzinfo is UTC
