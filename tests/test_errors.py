"""The tree of errors is the one that its module draws."""

from __future__ import annotations

import pickle
import re

import pytest

from mara import errors


def _drawn() -> dict[str, int]:
    """Depth of each error in the drawing."""
    lines = (errors.__doc__ or "").splitlines()
    found = [re.match(r"^    ([│├└─ ]*)([A-Z]\w+)", line) for line in lines]
    return {m.group(2): len(m.group(1)) // 4 for m in found if m}


def test_every_error_is_drawn_at_its_depth() -> None:
    depths = {
        name: len([c for c in getattr(errors, name).__mro__ if c.__name__ in errors.__all__]) - 1
        for name in errors.__all__
    }
    assert _drawn() == depths


def test_an_impossible_value_is_a_value_error() -> None:
    assert issubclass(errors.InvalidValue, ValueError)


@pytest.mark.parametrize(
    ("error", "field", "value"),
    [
        (errors.RateLimited("slow down", retry_after_s=3.0), "retry_after_s", 3.0),
        (errors.RefusedError("no", rule="price band"), "rule", "price band"),
        (errors.Infeasible("no plan", constraints=("ramp",)), "constraints", ("ramp",)),
    ],
)
def test_errors_carry_what_a_program_needs(
    error: errors.MaraError, field: str, value: object
) -> None:
    assert getattr(error, field) == value
    assert str(error)


@pytest.mark.parametrize("name", [n for n in errors.__all__ if n != "MaraError"])
def test_errors_go_whole_to_another_process(name: str) -> None:
    named = {"RateLimited": {"retry_after_s": 3.0}, "RefusedError": {"rule": "price"}}
    named |= {"Infeasible": {"constraints": ("ramp",)}, "NarratorError": {"cause": "breaker"}}
    error = getattr(errors, name)("one sentence", **named.get(name, {}))
    came = pickle.loads(pickle.dumps(error))  # noqa: S301 - what was dumped here
    assert type(came) is type(error)
    assert (str(came), vars(came)) == (str(error), vars(error))
