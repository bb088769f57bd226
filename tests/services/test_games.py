"""Games as the tab holds them: documents, the site's own numbers, answers in words, long jobs."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mara.domain import Origin
from mara.errors import DataFileError, InvalidValue, MaraError, RefusedError, SolverFailed
from mara.games.cooperative.game import CoalitionalGame
from mara.services import games_presets as presets
from mara.services import games_site as site
from mara.services.games import GameKind, as_nfg, as_text, kind_of, own_game, parsed, tiny
from mara.services.games_cooperative import coalitional_game, sharing_of
from mara.services.games_energy import energy_of, game_of_worths, pieces_of, worths_of
from mara.services.games_finite import game_from
from mara.services.games_markets import CournotAnswer, market_answer
from mara.services.games_nash import METHODS, WAYS, equilibria_of, learnt, learnt_by, recommended
from mara.services.games_neighbours import feeder_of, hourly
from mara.services.games_stackelberg import CommitmentAnswer, Led, TariffAnswer, leader_answer
from mara.services.games_vcg import Auctioned, Exchanged, auction_answer, lies_of
from mara.services.jobs import Jobs, Progress, Work
from tests.ui import support

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mara.services.games import Preset

SHELVES = {
    "cooperative": (presets.COOPERATIVE, site.COOPERATIVE_POSES),
    "stackelberg": (presets.STACKELBERG, site.STACKELBERG_POSES),
    "nash": (presets.NASH, site.NASH_POSES),
    "vcg": (presets.VCG, site.VCG_POSES),
}
ALL_PRESETS = [p for published, _ in SHELVES.values() for p in published.values()]
ALL_POSES = [p for _, posed in SHELVES.values() for p in posed.values()]


def answer(document: str) -> Any:  # noqa: ANN401, PLR0911
    kind = kind_of(document)
    if kind is GameKind.ENERGY:
        worths = [w for piece in pieces_of(document) for w in worths_of(document, piece)]
        return sharing_of(game_of_worths(document, worths), unit="USD")
    if kind is GameKind.COALITION:
        game, notices = coalitional_game(document)
        return sharing_of(game, notices=notices)
    if kind is GameKind.FINITE:
        return equilibria_of(document)
    if kind in {GameKind.LEADERSHIP, GameKind.TARIFF, GameKind.COMMITMENT}:
        return leader_answer(document)
    if kind in {GameKind.AUCTION, GameKind.EXCHANGE}:
        return auction_answer(document)
    return market_answer(document)


@pytest.mark.no_cover
@pytest.mark.parametrize("preset", ALL_PRESETS, ids=lambda p: p.words[:30])
def test_every_preset_has_an_answer_in_words_and_a_source(preset: Preset) -> None:
    found = answer(preset.document)
    assert preset.words
    assert preset.source
    assert len(found.words) >= 1
    assert all(line.strip().endswith((".", "!")) for line in found.words)


@pytest.mark.parametrize("pose", ALL_POSES, ids=lambda p: p.make.__name__)
def test_every_energy_game_is_posed_on_the_site_and_solved(pose: site.Pose) -> None:
    posed = pose.make(support.snapshot(), pose.least)
    assert "ssumed" in posed.words + posed.source
    assert answer(posed.document).words


def test_the_site_s_own_numbers_stand_in_its_games() -> None:
    snapshot = support.snapshot()
    posed = site.COOPERATIVE_POSES["This site and its neighbours"].make(snapshot, 2)
    sites, prices = energy_of(posed.document)
    assert sites[0].name == snapshot.site.site_id
    assert sites[0].import_limit_mw == snapshot.site.import_limit_mw
    assert len(sites) == 3
    assert prices.import_usd_per_mwh[0] == pytest.approx(
        hourly(snapshot, "energy_usd_per_mwh", 1)[0] + 8.0
    )
    feeder = feeder_of(snapshot, 0)
    assert (
        f"{feeder.price_usd_per_mwh:,.2f}"
        in site.NASH_POSES["This site and a neighbour at the peak"].make(snapshot, 1).words
    )


def test_a_price_below_zero_stands_in_the_games_as_it_is() -> None:
    snapshot = support.snapshot(market=support.market(tick=support.tick(energy_usd_per_mwh=-25.0)))
    posed = site.NASH_POSES["This site and a neighbour at the peak"].make(snapshot, 1)
    assert "Power costs -25.00 USD/MWh now" in posed.words
    ours, _ = parsed(posed.document)["payoffs"]
    assert ours[-1][0] > 0.0


def test_a_site_without_tick_or_miners_poses_nothing() -> None:
    with pytest.raises(RefusedError, match="no tick"):
        feeder_of(support.first_snapshot())
    blind = support.snapshot(market=support.market(tick=support.tick(hash_usd_per_ph_day=None)))
    with pytest.raises(RefusedError, match="no miner"):
        feeder_of(blind)


def test_a_site_without_forecasts_or_tokens_still_poses_its_games() -> None:
    bare = support.snapshot(
        market=support.market(tick=support.tick(token_usd_per_mtok=None), forecasts=())
    )
    for pose in ALL_POSES:
        assert answer(pose.make(bare, pose.least).document).words


def test_published_answers_stand_in_the_words() -> None:
    insurers = answer(presets.COOPERATIVE["Insurers share a risk"].document)
    shares = insurers.rule("Shapley").allocation.values
    assert shares == pytest.approx((51_750.0, 25_875.0, 12_375.0))
    assert "51,750" in " ".join(insurers.words)
    assert insurers.rule("Nobody's") is None
    majority = answer(presets.COOPERATIVE["Majority of three"].document)
    assert "core is empty" in " ".join(majority.words)
    assert "no tau value" in " ".join(majority.words)
    led = answer(presets.STACKELBERG["Leader and follower"].document)
    assert isinstance(led, Led)
    assert "2,304.00" in led.words[1]
    sold = answer(presets.NASH["Cournot duopoly"].document)
    assert isinstance(sold, CournotAnswer)
    assert "72.00" in sold.words[0]
    won = answer(presets.VCG["Two items, one wants both"].document)
    assert isinstance(won, Auctioned)
    assert won.outcome.payments() == {"A": 50.0, "B": 50.0, "C": 0.0}
    assert isinstance(answer(presets.STACKELBERG["Commit to a mixture"].document), CommitmentAnswer)
    assert isinstance(
        answer(presets.STACKELBERG["Tariff for two flexible sites"].document), TariffAnswer
    )
    assert isinstance(answer(presets.VCG["Double auction of power"].document), Exchanged)


def test_games_of_costs_of_one_and_of_too_many() -> None:
    alone = answer(as_text({"players": ["a"], "values": {"a": 3.0}}))
    assert "one player takes all" in " ".join(alone.words)
    loss = answer(as_text({"players": ["a", "b"], "values": {"a": 3.0, "b": 2.0, "a,b": 4.0}}))
    assert "costs 1" in loss.words[0]
    assert any("not monotone" in line or "core is empty" in line for line in loss.words)
    names = tuple(f"p{k}" for k in range(13))
    many = CoalitionalGame(players=names, values=np.arange(2.0**13))
    with pytest.raises(InvalidValue, match="13 players"):
        sharing_of(many)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1"),
        ("[1]", "a JSON object"),
        ('{"a": 1, "a": 2}', "stands twice"),
        ('{"strange": 1}', "no field says"),
        ('{"bids": [], "items": ["x"]}', "of kind auction"),
        ("NFG 1 R oops", "your game"),
        ("9" * 5_000, "too long"),
        (" " * 2_000_001, "more than"),
        ('{"players": ["a","b"], "values": {"a": 1}}', "missing"),
        ('{"payoffs": [[[1, 2], [3]], [[1, 2], [3, 4]]]}', "rows of one length"),
        ('{"payoffs": [[1, 2], [3, 4]]}', "shape"),
        ('{"payoffs": [[[1e308, 2]], [[1, 2]]]}', "beyond 1e"),
        ('{"players": ["a", "<a href=x>b</a>"], "values": {}}', "begin of a tag"),
        ('{"payoffs": [[[1]], [[1]]], "strategies": [["<b>"], ["c"]]}', "begin of a tag"),
        ('{"players": ["' + "a" * 301 + '"], "values": {}}', "301 characters"),
    ],
)
def test_bad_input_is_one_sentence(text: str, said: str) -> None:
    wanted = (GameKind.COALITION, GameKind.FINITE)
    with pytest.raises(MaraError, match=said) as refused:
        answer(own_game(text, wanted))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"sites": [], "hours": 1}, "missing"),
        ({"sellers": [], "a": 1.0, "b": 1.0}, "name at least one"),
        ({"sellers": [{"name": "A"}], "a": 1.0, "b": 1.0}, "cost"),
        ({"draws": [], "alpha": ["x"], "beta": [], "base": []}, "numbers only"),
        ({"offers": [{"name": "a", "role": "judge"}]}, "buyer"),
        ({"leader": [[1.0]], "follower": "x"}, "nested lists"),
        ({"leader": [[1e308, -1e308]], "follower": [[1.0, 2.0]]}, "beyond 1e"),
        ({"tariff_sites": [], "wholesale_usd_per_mwh": []}, "missing"),
    ],
)
def test_bad_fields_are_named(record: dict[str, Any], said: str) -> None:
    with pytest.raises(MaraError, match=said):
        answer(as_text(record))


def test_bad_blocks_and_numbers_of_sites_are_named() -> None:
    posed = site.COOPERATIVE_POSES["This site and its neighbours"].make(support.snapshot(), 1)
    record = parsed(posed.document)
    record["sites"][0]["blocks"] = [[1.0]]
    with pytest.raises(DataFileError, match="pairs"):
        energy_of(as_text(record))
    with pytest.raises(DataFileError, match="0 sites"):
        energy_of(as_text(record | {"sites": []}))


def test_a_document_of_another_tab_is_refused() -> None:
    auction = presets.VCG["One item, second price"].document
    for solve in (leader_answer, market_answer):
        with pytest.raises(DataFileError, match="another sub-tab"):
            solve(auction)
    with pytest.raises(DataFileError, match="another sub-tab"):
        auction_answer(presets.STACKELBERG["Leader and follower"].document)


def test_nfg_goes_in_and_out() -> None:
    document = presets.NASH["Chicken (Aumann 1974)"].document
    text = as_nfg(document)
    assert text.startswith("NFG 1 R")
    back = own_game(text, (GameKind.FINITE,))
    np.testing.assert_array_equal(
        game_from(parsed(back)).payoffs, game_from(parsed(document)).payoffs
    )
    assert own_game(document, (GameKind.FINITE,)) == document


@pytest.mark.slow
def test_every_method_answers_and_says_so() -> None:
    document = presets.NASH["Chicken (Aumann 1974)"].document
    for method in METHODS:
        found = equilibria_of(document, method)
        assert found.words
    pennies = presets.NASH["Matching pennies (von Neumann 1928)"].document
    assert "no equilibrium" in equilibria_of(pennies, "pure").words[0]
    circling = equilibria_of(
        presets.NASH["Shapley 1964, where play circles"].document, "fictitious-play"
    )
    assert "no equilibrium yet" in " ".join(circling.words)
    with pytest.raises(TypeError):
        equilibria_of(document, "correlated")


def test_a_mediator_does_at_least_as_well_as_any_equilibrium() -> None:
    document = presets.NASH["Chicken (Aumann 1974)"].document
    said = recommended(document)
    best = max(sum(e.payoffs) for e in equilibria_of(document).solution.equilibria)
    assert said.answers[1].welfare >= said.answers[0].welfare - 1e-9 >= best - 1e-9
    assert said.answers[0].welfare == pytest.approx(10.5)


def test_players_learn_in_four_ways() -> None:
    document = presets.NASH["Prisoner's dilemma (Tucker 1950)"].document
    found = learnt(document, [learnt_by(document, w, np.random.default_rng(1)) for w in WAYS])
    assert len(found.paths) == len(WAYS)
    assert all("below" in line for line in found.words)


def test_lying_does_not_pay() -> None:
    document = presets.VCG["Two items, one wants both"].document
    lie = lies_of(document, "A")
    assert lie.explored.truth.utility == pytest.approx(100.0)
    assert "lying does not pay" in lie.words[0]
    assert max(r.utility for r in lie.explored.reports) <= 100.0 + 1e-9


def test_nothing_trades_where_no_bid_reaches_an_ask() -> None:
    apart = [
        {"name": "b", "role": "buyer", "quantity_mwh": 1.0, "usd_per_mwh": 5.0},
        {"name": "s", "role": "seller", "quantity_mwh": 1.0, "usd_per_mwh": 9.0},
    ]
    assert "nothing trades" in auction_answer(as_text({"offers": apart})).words[0]


def test_tiny_figures_are_written_short() -> None:
    assert (tiny(0.0), tiny(2.3e-13)) == ("0", "2.3e-13")


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    with ThreadPoolExecutor(max_workers=1) as executor:
        yield Jobs(executor)


def ended(jobs: Jobs, name: str) -> Progress:
    ends = time.monotonic() + 100.0
    while time.monotonic() < ends:
        seen = jobs.look(name)
        if seen is not None and seen.ended:
            return seen
        time.sleep(0.005)
    raise AssertionError(f"{name} did not end")


def work(*calls: Callable[[], Any], combine: Callable[[list[Any]], Any] = sum) -> Work:
    return Work(pieces=tuple((call, ()) for call in calls), combine=combine)


def test_a_job_of_pieces_gives_one_answer_and_is_done_once(jobs: Jobs) -> None:
    assert jobs.look("sum") is None
    count = []
    both = work(lambda: count.append(1) or 1, lambda: 2)
    jobs.start("sum", both)
    jobs.start("sum", both)
    seen = ended(jobs, "sum")
    assert (seen.answer, seen.done, seen.total) == (3, 2, 2)
    assert jobs.look("sum") is seen
    assert len(count) == 1


def test_a_cancelled_job_drops_what_has_not_begun(jobs: Jobs) -> None:
    begun, go = threading.Event(), threading.Event()
    later: list[int] = []

    def first() -> int:
        begun.set()
        go.wait(10.0)
        return 1

    jobs.start("long", work(first, lambda: later.append(1) or 1))
    assert begun.wait(10.0)
    seen = jobs.look("long")
    assert seen is not None
    assert not seen.ended
    jobs.cancel("long")
    go.set()
    assert ended(jobs, "long").cancelled
    assert later == []
    jobs.start("long", work(lambda: 5))
    assert ended(jobs, "long").answer == 5
    jobs.cancel("unknown")


def fail(error: Exception) -> Callable[[], int]:
    def call() -> int:
        raise error

    return call


def test_errors_of_jobs_are_one_sentence(jobs: Jobs) -> None:
    jobs.start("ours", work(fail(InvalidValue("payoffs: too many"))))
    assert str(ended(jobs, "ours").error) == "payoffs: too many"
    jobs.start("theirs", work(fail(RuntimeError("boom"))))
    assert isinstance(ended(jobs, "theirs").error, SolverFailed)
    jobs.start("sum", work(lambda: 1, combine=lambda _: fail(InvalidValue("no"))()))
    assert str(ended(jobs, "sum").error) == "no"
    jobs.forget("ours")
    assert jobs.look("ours") is None
    jobs.forget("ours")


def test_only_the_newest_jobs_are_kept(jobs: Jobs) -> None:
    for k in range(20):
        jobs.start(f"job {k}", work(lambda: 1))
    assert jobs.look("job 0") is None
    assert ended(jobs, "job 19").answer == 1


def test_every_document_is_plain_json() -> None:
    for preset in ALL_PRESETS:
        assert json.loads(preset.document)
    assert Origin.ASSUMED.value == "ASSUMED"
