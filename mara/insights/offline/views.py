"""What the stand-in says in each view, from the ids that the sheets of the services carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mara.insights.narrator import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.insights.offline.composing import Composer

__all__ = ["LEAST_GAIN_USD", "VIEWS"]

LEAST_GAIN_USD: Final = 1.0
"""A smaller gain is not worth a person's hand, in USD (or the site's currency)."""

_ACRONYMS: Final = frozenset({"asic", "gpu"})
_NOW, _HOUR_AGO = "price.energy.now", "price.energy.hour_ago"


def _market(say: Composer) -> str:
    level = say.moved(_NOW, _HOUR_AGO, "that of an hour ago")
    ladder = [
        f"{_words(f.fact_id, 'strike.')} break even at {{{f.fact_id}}}, "
        f"{'above' if f.value > (say.value(_NOW) or 0.0) else 'below'} the price."
        for f in say.under("strike.")
    ]
    parts = [
        say.say(f"Power costs {{{_NOW}}}.") + (f" That is {level}." if level else ""),
        say.say(
            "Over the last 24 h it ran between {price.energy.day_low} and {price.energy.day_high}, "
            "{price.energy.day_mean} on average."
        ),
        _outlook(say),
        say.all(
            "A hash earns {price.hash.now}.",
            "Tokens earn {price.token.now}, and {demand.now} are asked for.",
        ),
        _oddities(say),
    ]
    text = "\n\n".join(part for part in parts if part)
    return text + ("\n\n**Strike ladder**\n" + say.bullets(ladder) if ladder else "")


def _outlook(say: Composer) -> str:
    return say.all(
        "In an hour {forecast.energy.h1.mean} is expected, between {forecast.energy.h1.low} and "
        "{forecast.energy.h1.high}.",
        f"It is highest at {say.time('forecast.energy.peak')} with {{forecast.energy.peak}} and lowest at "
        f"{say.time('forecast.energy.trough')} with {{forecast.energy.trough}}.",
    )


def _oddities(say: Composer) -> str:
    odd = say.value("market.anomalies") or 0.0
    if odd == 0.0:
        return "Nothing is odd about the newest interval."
    return say.say("The newest interval shows {market.anomalies} oddities; see the data agent.")


def _agents(say: Composer) -> str:
    lines = []
    for fact in say.under("shadow."):
        name = fact.fact_id.removeprefix("shadow.")
        regret = f"difference(eval.foresight.margin, {fact.fact_id})"
        lines.append(
            f"**{name.replace('_', ' ')}** earned {{{fact.fact_id}}}, {{{regret}}} short of perfect "
            f"foresight; its weight is {{weight.{name}}}."
        )
    forecast = say.all(
        "The forecasts of the energy price missed by {eval.forecast.mae_1h} an hour ahead, over "
        "{eval.forecast.count_1h}.",
        "{eval.forecast.coverage_1h} of what came lay within their 90 % interval.",
        "Persistence would have missed by {eval.forecast.naive_mae_1h}.",
    )
    parts = [
        say.all(
            "So far today the site earned {books.margin}, and the plan with perfect foresight of the "
            "same intervals {eval.foresight.margin}.",
            "Of that {eval.captured} was captured.",
        )
        or say.say("So far today the site earned {books.margin}."),
        say.bullets(lines).lstrip("\n"),
        forecast,
        say.say(
            "The manager decided {eval.decisions} today; in {eval.safe} of them the safe controller "
            "decided alone."
        ),
    ]
    return "\n\n".join(part for part in parts if part) or "No interval of today is settled yet."


def _commentary(say: Composer) -> str:
    level = say.moved(_NOW, _HOUR_AGO, "an hour ago")
    return (
        say.all(
            f"Power is at {{{_NOW}}}" + (f", {level}." if level else "."),
            "The site draws {plan.import.now} of its {site.import_limit}.",
            "The battery charges with {plan.charge.now}." if say.value("plan.charge.now") else "",
            "The battery discharges with {plan.discharge.now}."
            if say.value("plan.discharge.now")
            else "",
            "Today's margin is {books.margin}.",
        )
        or "No tick was decided yet."
    )


def _recommendations(say: Composer) -> str:
    gains = [f for f in say.under("proposal.") if f.fact_id.endswith(".gain")]
    better = [f for f in gains if f.value >= LEAST_GAIN_USD]
    if not gains:
        return "There is no plan to compare with yet."
    if not better:
        head = (
            "**Nothing worth a hand beats the decision in force.** The optimiser tried these moves:"
        )
    else:
        head = "**The optimiser finds moves that earn more than the decision in force:**"
    lines = [
        f"{f.label}: {'gains' if f.value > 0 else 'loses'} {{{f.fact_id}}}." for f in gains[:5]
    ]
    extra = say.say(
        "One more MW of connection through this interval would add {plan.connection_worth}."
    )
    return head + "\n" + _signless(say, lines) + (f"\n\n{extra}" if extra else "")


def _signless(say: Composer, lines: list[str]) -> str:
    return say.bullets(lines).replace(" -", " \N{MINUS SIGN}")


def _sentiment(say: Composer) -> str:
    if not say.value("news.count"):
        return (
            "No headline was read yet. Name RSS or Atom feeds in the settings (insights.news), or "
            "paste headlines below."
        )
    index = say.value("news.index") or 0.0
    word = "cheaper" if index > 0.1 else "dearer" if index < -0.1 else "neither cheaper nor dearer"
    return say.all(
        f"The headlines point to {word} power: the index, negative for dearer and positive for "
        "cheaper power, stands at {news.index}.",
        "Of {news.count}, {news.favourable} are favourable to a buyer, {news.adverse} adverse and "
        "{news.neutral} neutral.",
        "They are claims of others; none of them moves a decision.",
    )


def _words(fact_id: str, prefix: str) -> str:
    parts = fact_id.removeprefix(prefix).split("_")
    name = " ".join(part.upper() if part in _ACRONYMS else part for part in parts)
    return name[:1].upper() + name[1:]


VIEWS: dict[View, Callable[[Composer], str]] = {
    View.MARKET: _market,
    View.AGENTS: _agents,
    View.COMMENTARY: _commentary,
    View.RECOMMENDATIONS: _recommendations,
    View.SENTIMENT: _sentiment,
}
"""The text of each view but the chat."""
