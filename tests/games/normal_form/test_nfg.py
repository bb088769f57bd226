"""Gambit `.nfg` files: round trips, both forms, and what is wrong with a wrong one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mara.errors import DataFileError
from mara.games.normal_form.game import NormalFormGame
from mara.games.normal_form.nfg_reader import read_nfg
from mara.games.normal_form.nfg_writer import write_nfg

HEAD = 'NFG 1 R "g" { "a" "b" } { 2 2 }'
SHAPES = st.sampled_from([(2,), (1, 3), (3, 2), (2, 3, 2), (2, 1, 2, 2)])
NUMBERS = st.floats(-8e307, 8e307)
NAMES = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)


@given(st.data())
def test_what_is_written_reads_back(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    payoffs = data.draw(arrays.arrays(np.float64, (len(shape), *shape), elements=NUMBERS))
    game = NormalFormGame(
        payoffs=payoffs,
        title=data.draw(NAMES),
        players=tuple(data.draw(NAMES) for _ in shape),
        strategies=tuple(tuple(data.draw(NAMES) for _ in range(count)) for count in shape),
    )
    again = read_nfg(write_nfg(game, comment=data.draw(NAMES)), name="g.nfg")
    np.testing.assert_array_equal(again.payoffs, game.payoffs)
    assert (again.title, again.players, again.strategies) == (
        game.title,
        game.players,
        game.strategies,
    )


def test_the_first_players_strategy_runs_fastest() -> None:
    """Gambit manual, payoff form: profile (2, 1) stands second."""
    text = """NFG 1 R "Selten (IJGT, 75), Figure 2, normal form"
    { "Player 1" "Player 2" } { 3 2 }
    1 1 0 2 0 2 1 1 0 3 2 0"""
    game = read_nfg(text, name="e02.nfg")
    assert game.title == "Selten (IJGT, 75), Figure 2, normal form"
    assert game.payoffs[0].tolist() == [[1, 1], [0, 0], [0, 2]]
    assert game.payoffs[1].tolist() == [[1, 1], [2, 3], [2, 0]]


def test_outcome_form() -> None:
    text = """NFG 1 R "Selten" { "Player 1" "Player 2" }
    { { "1" "2" "3" } { "1" "2" } }
    "a comment"
    { { "" 1, 1 } { "x" 0, 2, } { "y" 1/2 -.5e1 } }
    1 2 3 0 1 1"""
    game = read_nfg(text, name="e02.nfg")
    assert game.payoffs[0].tolist() == [[1, 0], [0, 1], [0.5, 1]]
    assert game.payoffs[1].tolist() == [[1, 0], [2, 1], [-5, 1]]


def test_mark_of_byte_order_and_escapes() -> None:
    game = read_nfg('\ufeffNFG 1 D "say \\"hi\\" \\\\" { "a" } { 1 } 7', name="g")
    assert game.title == 'say "hi" \\'
    assert game.payoffs.tolist() == [[7.0]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "g.nfg, line 1: the file ends; 'NFG' is missing"),
        ("EFG 2 R", "g.nfg, line 1: 'EFG' is not 'NFG'"),
        ("NFG 2 R", "g.nfg, line 1: '2' is not '1'"),
        ('NFG 1 "R"', "the file ends; the title is missing"),
        ("NFG 1 X", "g.nfg, line 1: 'X' is not 'R' or 'D'"),
        ("NFG 1 R title", "g.nfg, line 1: 'title' is not the title in \"quotes\""),
        ('NFG 1 R "open', 'g.nfg, line 1: a string opened by " never ends'),
        ('NFG 1 R "g"\n{ }', "g.nfg, line 2: '}' is not a player's name"),
        ('NFG 1 R "g" { 3 }', "'3' is not a player's name in \"quotes\""),
        ('NFG 1 R "g" { "a" "b" } { 2 }', "'}' is not the number of strategies of 'b'"),
        ('NFG 1 R "g" { "a" "b" } { 2 2 2 }', "line 1: '2' is not '}'"),
        ('NFG 1 R "g" { "a" } { 0 }', "player 'a' has 0 strategies; he needs at least 1"),
        ('NFG 1 R "g" { "a" } { 1.5 }', "'1.5' is not the number of strategies of 'a', a whole"),
        ('NFG 1 R "g" { "a" } { "x" }', "'x' is not the number of strategies of 'a', a whole"),
        ('NFG 1 R "g" { "a" "b" } { { "x" } { } }', "'}' is not the name of a strategy of 'b'"),
        (f"{HEAD}\n1 2 3 4\n5 6 x 8", "line 3: 'x' is not the payoff of player 1 in profile 4"),
        (f"{HEAD}\n1 2 3 4\n5 6 nan 8", "line 3: 'nan' is not the payoff of player 1 in"),
        (f"{HEAD}\n1 2 3 4\n5 6 1e999 8", "line 3: '1e999' is not the payoff of player 1 in"),
        (f"{HEAD}\n1 2 3 4\n5 6 1/0 8", "line 3: '1/0' is not the payoff of player 1 in"),
        (f'{HEAD}\n1 2 3 4\n5 6 "7" 8', "line 3: '7' is not the payoff of player 1 in"),
        (f"{HEAD}\n1 2 3 4\n5 6 7", "line 3: the file ends; the payoff of player 2 in profile 4"),
        (f"{HEAD}\n1 2 3 4\n5 6 7 8 9", "line 3: '9' is not the end: all 4 profiles are read"),
        (f'{HEAD}\n{{ {{ "x" 1 }} }}', "line 2: '}' is not the payoff of player 2 in outcome 'x'"),
        (f'{HEAD}\n{{ {{ "x" 1 2 3 }} }}', "line 2: '3' is not '}'"),
        (
            f'{HEAD}\n{{ {{ "x" 1 2 }} }} 1 1 1 2',
            "outcome 2 of profile 4 is not among the 1 listed",
        ),
        (f'{HEAD}\n{{ {{ "x" 1 2 }} }} 1 1 1', "the outcome of profile 4 is missing"),
        ('NFG 1 R "g" { "a" "b" } { 99999 99999 }', "99999 x 99999 strategies make 9999800001"),
        (f'NFG 1 R "g" {{ {"".join(chr(34) * 2 for _ in range(17))} }}', "the file has 17 players"),
        (f"{HEAD}\n{'x' * 50}", f"line 2: '{'x' * 40}...' is not"),
    ],
)
def test_line_and_token_are_named(text: str, words: str) -> None:
    with pytest.raises(DataFileError) as caught:
        read_nfg(text, name="g.nfg")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(alphabet='NFG1R"{}, 23/.e-\\x\n', max_size=80))
def test_any_text_gives_a_game_or_one_sentence(tail: str) -> None:
    for text in (tail, f"{HEAD} {tail}"):
        error = _error_of(text)
        assert not error or error.startswith("g, line ")


def _error_of(text: str) -> str:
    try:
        read_nfg(text, name="g")
    except DataFileError as error:
        return str(error)
    return ""
