"""What players of a coalitional game should get, by every rule, and why, in words."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np

from mara.errors import InvalidValue
from mara.games.cooperative import document as coalitional
from mara.games.cooperative.banzhaf import banzhaf
from mara.games.cooperative.core import Core, CoreMembership, core, core_membership
from mara.games.cooperative.gains import GainOfSize, gains_by_size
from mara.games.cooperative.game import Allocation, CoalitionalGame
from mara.games.cooperative.game import GameKind as Figure
from mara.games.cooperative.least_core import LeastCore, least_core
from mara.games.cooperative.nucleolus import Over, nucleolus
from mara.games.cooperative.shapley import shapley
from mara.games.cooperative.structure import CoalitionStructure, coalition_structure
from mara.games.cooperative.tau import tau_value
from mara.services.games import parsed

__all__ = ["Rule", "Sharing", "coalitional_game", "sharing_of"]

_MOST_EXACT: Final = 12
_MOST_STRUCTURED: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """One way to share: its name for people, the figures, and the coalition that objects most."""

    name: str
    allocation: Allocation
    judged: CoreMembership


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sharing:
    """All that the cooperative sub-tab shows of a game; `unit` is that of its figures."""

    game: CoalitionalGame
    unit: str
    rules: tuple[Rule, ...]
    core: Core
    least: LeastCore | None
    structure: CoalitionStructure | None
    gains: tuple[GainOfSize, ...]
    words: tuple[str, ...]

    def rule(self, name: str) -> Rule | None:
        """Find the rule called `name`."""
        return next((rule for rule in self.rules if rule.name == name), None)


def coalitional_game(document: str) -> tuple[CoalitionalGame, tuple[str, ...]]:
    """Read the game of a document, with sentences on what is unusual about it."""
    return coalitional.game_from(parsed(document), owner="your game")


def sharing_of(game: CoalitionalGame, *, unit: str = "", notices: tuple[str, ...] = ()) -> Sharing:
    """Share the game by every rule.

    Raises
    ------
    InvalidValue
        More players than 12: the nucleolus would keep the reader waiting.
    """
    if game.count > _MOST_EXACT:
        raise InvalidValue(
            f"the game has {game.count} players; this tab shares out up to {_MOST_EXACT}, for more "
            "use `python -m mara shapley FILE`"
        )
    rules = _rules(game)
    found = core(game)
    least = least_core(game) if game.count > 1 else None
    structured = coalition_structure(game) if game.count <= _MOST_STRUCTURED else None
    return Sharing(
        game=game,
        unit=unit,
        rules=rules,
        core=found,
        least=least,
        structure=structured,
        gains=_gains(game),
        words=(*_words(game, unit, rules, found), *map(_sentence, notices)),
    )


def _rules(game: CoalitionalGame) -> tuple[Rule, ...]:
    made = [("Shapley", shapley(game)), ("Nucleolus", _nucleolus(game))]
    with suppress(InvalidValue):  # The table then has no such column, and the words say why.
        made.append(("Tau value", tau_value(game)))
    made.append(("Banzhaf", banzhaf(game)))
    return tuple(
        Rule(name=name, allocation=a, judged=core_membership(game, a.values)) for name, a in made
    )


def _nucleolus(game: CoalitionalGame) -> Allocation:
    try:
        return nucleolus(game).allocation
    except InvalidValue:
        return nucleolus(game, over=Over.PREIMPUTATIONS).allocation


def _gains(game: CoalitionalGame) -> tuple[GainOfSize, ...]:
    """Gains by size where everyone earns something alone, so that shares have a meaning."""
    alone = game.worth[1 << np.arange(game.count)]
    return gains_by_size([game]) if game.count > 1 and alone.min() > 0.0 else ()


def _words(
    game: CoalitionalGame, unit: str, rules: tuple[Rule, ...], found: Core
) -> tuple[str, ...]:
    lines = [_together(game, unit), _shapley(game, unit, rules[0])]
    lines.append(_core(game, unit, rules[1], found))
    lines.extend(_judged(rule, unit) for rule in rules[:2])
    if all(rule.name != "Tau value" for rule in rules):
        lines.append(
            "There is no tau value: what players can insist on exceeds what they may hope for."
        )
    return tuple(lines)


def _together(game: CoalitionalGame, unit: str) -> str:
    verb = "pay" if game.kind is Figure.COST else "earn"
    whole = float(game.values[-1])
    alone = float(game.values[1 << np.arange(game.count)].sum())
    gain = game.sign * (whole - alone)
    share = f" ({gain / abs(alone):.1%})" if alone else ""
    effect = f"gains {_fig(gain, unit)}{share}" if gain >= 0 else f"costs {_fig(-gain, unit)}"
    return (
        f"Together all {game.count} {verb} {_fig(whole, unit)}, each alone {_fig(alone, unit)} in "
        f"sum: cooperation {effect}."
    )


def _shapley(game: CoalitionalGame, unit: str, rule: Rule) -> str:
    verb = "pays" if game.kind is Figure.COST else "gets"
    shares = sorted(rule.allocation.by_player().items(), key=lambda pair: -pair[1])
    listed = ", ".join(f"{name} {_fig(value, unit)}" for name, value in shares[:4])
    return (
        f"By the Shapley value each {verb} the mean of what he adds over all orders of arrival: "
        f"{listed}{', ...' if len(shares) > 4 else ''}."
    )


def _core(game: CoalitionalGame, unit: str, rule: Rule, found: Core) -> str:
    if found.empty:
        claims = " and ".join(
            f"{b.weight:.3g} x {{{', '.join(b.coalition)}}}" for b in found.certificate[:4]
        )
        return (
            f"The core is empty: {claims} would claim {_fig(found.balanced_figure, unit)} together, "
            f"against {_fig(float(game.values[-1]), unit)} for all. Whatever is agreed, some group "
            "does better by leaving."
        )
    excess = rule.judged.excess
    if excess is None:
        return "The core is not empty: there is no other group to leave for."
    return (
        "The core is not empty: there are ways to share that no group would rather leave. The "
        f"nucleolus treats the worst-off group best: {{{', '.join(rule.judged.coalition)}}} has the "
        f"most reason to leave and would {_change(excess, unit)} by it."
    )


def _judged(rule: Rule, unit: str) -> str:
    judged = rule.judged
    if judged.excess is None:
        return f"{rule.name}: one player takes all."
    group = f"{{{', '.join(judged.coalition)}}}"
    if judged.belongs:
        return f"Checked over all coalitions: the {rule.name} sharing lies in the core."
    return (
        f"Checked over all coalitions: the {rule.name} sharing lies outside the core, for {group} "
        f"would {_change(judged.excess, unit)} by leaving."
    )


def _change(excess: float, unit: str) -> str:
    return f"gain {_fig(excess, unit)}" if excess > 0.0 else f"lose {_fig(-excess, unit)}"


def _fig(value: float, unit: str) -> str:
    shown = 0.0 if abs(value) < 5e-10 else value
    digits = 2 if abs(shown) >= 100.0 or unit else 4
    text = f"{shown:,.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if not unit else text} {unit}".rstrip()


def _sentence(notice: str) -> str:
    return f"{notice[:1].upper()}{notice[1:]}."
