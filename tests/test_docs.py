"""What the README says is so: its Python runs, its commands and settings are all there are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from mara.cli.app import COMMANDS, app_of
from mara.errors import SettingsError
from mara.services.settings_table import Setting, settings_of, settings_table
from mara.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_every_setting_is_documented() -> None:
    shown = README.split("<!-- settings -->\n")[1].split("\n<!-- /settings -->")[0]
    assert shown == settings_table(), "put the output of settings_table() between the markers"


@pytest.mark.parametrize("one", list(settings_of()), ids=lambda one: one.key)
def test_every_setting_listed_is_one(one: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its variable is known: what is refused is the value, never the name."""
    monkeypatch.setenv("MARA_CONFIG", "/nonexistent.toml")
    monkeypatch.setenv(one.variable, "[]")
    try:
        load_settings()
    except SettingsError as error:
        said = str(error)
    else:
        said = ""
    assert "names no setting" not in said


def test_secrets_show_no_default() -> None:
    secrets = [s for s in settings_of() if "secret" in s.takes]
    assert {s.key for s in secrets} == {
        "feed.mara_api.api_key",
        "insights.api_key",
        "trading.operator_password",
    }
    assert {s.default for s in secrets} == {""}


def test_every_command_is_documented() -> None:
    commands = set(typer.main.get_command(app_of(COMMANDS)).commands)  # type: ignore[attr-defined]
    cells = re.findall(r"^\| (`[^|]*`) \|", README, flags=re.MULTILINE)
    shown = {name for cell in cells for name in re.findall(r"`(\w+)", cell)}
    assert commands <= shown


def test_options_shown_exist() -> None:
    commands = typer.main.get_command(app_of(COMMANDS)).commands  # type: ignore[attr-defined]
    for line in "\n".join(blocks("console")).splitlines():
        if "-m mara" not in line:
            continue
        name, *words = line.split("-m mara ")[1].split()
        known = {o for p in commands[name].params for o in p.opts}
        assert {w for w in words if w.startswith("--")} <= known, line


@pytest.mark.slow
def test_the_python_block_runs(tmp_path: Path) -> None:
    (block,) = blocks("python")
    environment = os.environ | {
        "MARA_LEDGER__URL": f"sqlite:///{tmp_path}/mara.db",
        "PYTHONPATH": str(ROOT),
    }
    guarded = "if __name__ == '__main__':\n" + "\n".join(f"    {x}" for x in block.splitlines())
    (tmp_path / "block.py").write_text(guarded, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "block.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
