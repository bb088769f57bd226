"""Compiled kernels against the array forms that they stand in for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.games import compiled
from mara.games.normal_form import best_reply_region, lemke_howson, vertex_enumeration
from mara.games.normal_form.game import bimatrix

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


@pytest.fixture(scope="module")
def kernels() -> Iterator[tuple[ModuleType, ModuleType]]:
    """The modules of kernels, each function run as plain Python."""
    compiled.load()
    from mara.games.normal_form import pivot_kernel, region_kernel  # noqa: PLC0415

    kept = []
    for module in (pivot_kernel, region_kernel):
        for name, value in list(vars(module).items()):
            if hasattr(value, "py_func"):
                kept.append((module, name, value))
                setattr(module, name, value.py_func)
    yield pivot_kernel, region_kernel
    for module, name, value in kept:
        setattr(module, name, value)


def games() -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    drawn = [rng.random((2, *rng.integers(2, 6, size=2))) for _ in range(12)]
    tied = [rng.integers(0, 3, size=(2, *rng.integers(2, 5, size=2))) for _ in range(16)]
    return [bimatrix(*g).scaled() for g in (*drawn, *tied)]


@pytest.mark.parametrize("payoffs", games())
def test_a_path_is_the_same(payoffs: np.ndarray, kernels: tuple[ModuleType, ModuleType]) -> None:
    pivots, _ = kernels
    for label in range(sum(payoffs.shape[1:])):
        wanted = lemke_howson._by_arrays(payoffs, label, 1_000)
        done, first, second = pivots.path(payoffs, label, 1_000)
        assert wanted is not None
        assert done > 0
        np.testing.assert_allclose(first, wanted[0], atol=1e-12)
        np.testing.assert_allclose(second, wanted[1], atol=1e-12)


def test_a_path_that_is_too_long_is_given_up(kernels: tuple[ModuleType, ModuleType]) -> None:
    payoffs = bimatrix([[1, 0], [0, 1]], [[0, 1], [1, 0]]).scaled()
    assert kernels[0].path(payoffs, 0, 1)[0] == -1
    assert lemke_howson._by_arrays(payoffs, 0, 1) is None


@pytest.mark.parametrize("payoffs", games())
def test_a_pure_equilibrium_is_the_same(
    payoffs: np.ndarray, kernels: tuple[ModuleType, ModuleType]
) -> None:
    tops = [t == t.max(axis=axis, keepdims=True) for axis, t in enumerate(payoffs)]
    pure = (tops[0] & tops[1]).any(axis=1)
    assert kernels[0].pure_label(payoffs) == (int(pure.argmax()) if pure.any() else -1)


@pytest.mark.parametrize("payoffs", games())
def test_a_region_is_the_same(payoffs: np.ndarray, kernels: tuple[ModuleType, ModuleType]) -> None:
    _, regions = kernels
    for replies in (payoffs[1].T, payoffs[0]):
        wanted = best_reply_region._by_arrays(replies)
        points, tight = regions.region(np.ascontiguousarray(replies))
        assert len(points) == len(wanted.points)
        order, other = np.lexsort(points.round(9).T), np.lexsort(wanted.points.round(9).T)
        np.testing.assert_allclose(points[order], wanted.points[other], atol=1e-10)
        assert tight.sum() == wanted.tight.sum()


@pytest.mark.parametrize("payoffs", games())
def test_complete_pairs_are_the_same(
    payoffs: np.ndarray, kernels: tuple[ModuleType, ModuleType]
) -> None:
    ours = best_reply_region._by_arrays(payoffs[1].T)
    theirs = best_reply_region._by_arrays(payoffs[0])
    found = kernels[1].covering(ours.tight, theirs.tight, payoffs.shape[1])
    wanted = vertex_enumeration._by_arrays(ours, theirs)
    assert sorted(map(tuple, found.tolist())) == sorted(wanted)


def test_solvers_agree_with_and_without_compiled_code(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled.load()
    assert compiled.loaded()
    game = bimatrix([[3, 3], [2, 5], [0, 6]], [[3, 2], [2, 6], [3, 1]])
    fast = vertex_enumeration.vertex_enumeration(game), lemke_howson.lemke_howson(game)
    monkeypatch.delitem(sys.modules, "numba")
    assert not compiled.loaded()
    plain = vertex_enumeration.vertex_enumeration(game), lemke_howson.lemke_howson(game)
    for quick, slow in zip(fast, plain, strict=True):
        assert len(quick.equilibria) == len(slow.equilibria)
        for one, other in zip(quick.equilibria, slow.equilibria, strict=True):
            for law, same in zip(one.strategies, other.strategies, strict=True):
                np.testing.assert_allclose(law, same, atol=1e-12)


def test_a_game_beyond_64_equations_takes_the_array_form() -> None:
    compiled.load()
    replies = np.random.default_rng(0).random((62, 3))
    found = best_reply_region.vertices_of(replies)
    assert len(found.points) == len(best_reply_region._by_arrays(replies).points)
    angles = np.linspace(0.0, np.pi / 2, 63)
    game = bimatrix(
        np.random.default_rng(1).random((2, 63)), np.stack([np.cos(angles), np.sin(angles)])
    )
    assert vertex_enumeration.vertex_enumeration(game).equilibria
