"""Pure equilibria by the definition."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mara.games.normal_form.game import NormalFormGame, bimatrix
from mara.games.normal_form.pure import pure_equilibria, pure_profiles


@given(st.integers(0, 2**32 - 1), st.sampled_from([(3,), (2, 3), (3, 3), (2, 2, 3), (2, 2, 2, 2)]))
def test_profiles_are_those_that_nobody_leaves(seed: int, shape: tuple[int, ...]) -> None:
    payoffs = np.random.default_rng(seed).integers(0, 4, size=(len(shape), *shape)).astype(float)

    def stays(s: tuple[int, ...]) -> bool:
        moves = itertools.product(range(len(shape)), range(max(shape)))
        return all(
            payoffs[(i, *s[:i], a, *s[i + 1 :])] <= payoffs[(i, *s)]
            for i, a in moves
            if a < shape[i]
        )

    want = tuple(s for s in itertools.product(*map(range, shape)) if stays(s))
    game = NormalFormGame(payoffs=payoffs)
    assert pure_profiles(game) == want
    found = pure_equilibria(game)
    assert [tuple(int(x.argmax()) for x in e.strategies) for e in found.equilibria] == list(want)
    assert all(e.regret == 0.0 for e in found.equilibria)


def test_matching_pennies_has_none() -> None:
    found = pure_equilibria(bimatrix([[1, -1], [-1, 1]]))
    assert found.equilibria == ()
    assert not found.complete
