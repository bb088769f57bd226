"""Sites to start from: `demo`, the site of the MARA event of 2025, and a battery alone.

The names of the five machine classes are those of the event's `PUT /machines`, in the first two.
"""

from __future__ import annotations

from typing import Final

from mara.domain.event_quotes import EVENT_LABELS, event_tokens_per_s
from mara.domain.site import Battery, MachineClass, MachineKind, Site, SlaTier
from mara.errors import InvalidValue
from mara.units import KW_PER_MW

__all__ = [
    "DEMO_DEMAND_MTOK_PER_H",
    "PRESETS",
    "battery_site",
    "demo_site",
    "mara_2025_site",
    "preset",
]

PRESETS: Final = ("demo", "mara-2025", "battery")
"""Names of the presets."""

DEMO_DEMAND_MTOK_PER_H: Final = 2_000.0
"""Mean inference demand that suits `demo`: 62 % of the 3,240 Mtok/h that its servers make."""


def preset(name: str) -> Site:
    """Make the site called `name`, one of `PRESETS`.

    Raises
    ------
    InvalidValue
        There is no such preset.
    """
    if name == "demo":
        return demo_site()
    if name == "mara-2025":
        return mara_2025_site()
    if name == "battery":
        return battery_site()
    raise InvalidValue(f"preset: name={name!r} is unknown; use one of {PRESETS}")


def demo_site() -> Site:
    """Make a 20 MW site like those of West Texas: machines ask for a little more than it imports.

    At 50 USD/PH/day its miners break even at about 67, 109 and 126 USD/MWh; at 0.70 USD/Mtok its
    servers do far above. Figures without a publisher in `source` are assumptions, and say so.
    """
    return Site(
        site_id="demo",
        time_zone="America/Chicago",
        import_limit_mw=20.0,
        export_limit_mw=5.0,
        machines=(*_demo_miners(), *_demo_servers()),
        battery=_demo_battery(),
        tiers=_demo_tiers(),
    )


def _demo_miners() -> tuple[MachineClass, ...]:
    """Miners of three kinds of cooling."""
    return (
        _miner(
            "air_miners",
            count=2_300,
            figures=(104.0, 3.068, 0.05),
            source="Bitmain Antminer S19j Pro datasheet: 104 TH/s, 3,068 W",
        ),
        _miner(
            "hydro_miners",
            count=1_100,
            figures=(335.0, 5.360, 0.03),
            source="Bitmain Antminer S21 Hyd. datasheet: 335 TH/s, 5,360 W",
        ),
        _miner(
            "immersion_miners",
            count=1_100,
            figures=(301.0, 5.569, 0.03),
            source="Bitmain Antminer S21 Imm. datasheet: 301 TH/s, 5,569 W",
        ),
    )


def _miner(
    name: str, *, count: int, figures: tuple[float, float, float], source: str
) -> MachineClass:
    """Make a class of miners of `figures`: hashrate in TH/s, power in kW, cooling overhead."""
    hashrate_th_s, power_kw, cooling_overhead = figures
    return MachineClass(
        name=name,
        kind=MachineKind.MINER,
        count=count,
        power_kw=power_kw,
        hashrate_th_s=hashrate_th_s,
        warm_up_min=5.0,
        min_run_min=15.0,
        switch_cost_usd=0.02,
        cooling_overhead=cooling_overhead,
        source=f"{source}. Assumed: count, cooling overhead, warm-up, minimum run, cost of a start",
    )


def _demo_servers() -> tuple[MachineClass, ...]:
    """Servers for inference: GPU, and chips made for it."""
    return (
        MachineClass(
            name="gpu_compute",
            kind=MachineKind.INFERENCE,
            count=60,
            power_kw=10.2,
            tokens_per_s=9_000.0,
            warm_up_min=10.0,
            min_run_min=30.0,
            switch_cost_usd=0.5,
            cooling_overhead=0.20,
            source=(
                "NVIDIA DGX H100 datasheet: 8 GPUs, 10.2 kW at most. Assumed: 9,000 tokens/s on "
                "a 70B model under online latency, well below the offline results published for "
                "Llama 2 70B in MLPerf Inference; count, cooling, warm-up, minimum run, start cost"
            ),
        ),
        MachineClass(
            name="asic_compute",
            kind=MachineKind.INFERENCE,
            count=60,
            power_kw=3.0,
            tokens_per_s=6_000.0,
            warm_up_min=5.0,
            min_run_min=15.0,
            switch_cost_usd=0.25,
            cooling_overhead=0.15,
            source=(
                "FuriosaAI RNGD product page: 180 W a card, 8 cards a server. Assumed: 3 kW for "
                "the whole server, 6,000 tokens/s read and written on a 70B model; count, "
                "cooling, warm-up, minimum run, start cost"
            ),
        ),
    )


def _demo_battery() -> Battery:
    """Two hours of storage."""
    return Battery(
        energy_mwh=10.0,
        power_mw=5.0,
        soc_min=0.05,
        soc_max=0.95,
        charge_efficiency=0.96,
        discharge_efficiency=0.96,
        wear_usd_per_mwh=15.0,
        source=(
            "Assumed: lithium iron phosphate, 92 % there and back as two-hour grid batteries are "
            "sold, and wear of 15 USD a MWh discharged (about 100 USD/kWh over 6,700 full cycles)"
        ),
    )


def _demo_tiers() -> tuple[SlaTier, ...]:
    """Promises on shares of the demand; all figures are assumptions."""
    return (
        SlaTier(name="firm", share=0.30, price_factor=1.2, penalty_usd_per_mtok=3.0),
        SlaTier(
            name="standard",
            share=0.35,
            price_factor=1.0,
            penalty_usd_per_mtok=1.0,
            longest_delay_min=10.0,
        ),
        SlaTier(
            name="flexible",
            share=0.25,
            price_factor=0.7,
            penalty_usd_per_mtok=0.2,
            longest_delay_min=120.0,
        ),
        SlaTier(
            name="spot",
            share=0.10,
            price_factor=0.4,
            penalty_usd_per_mtok=0.0,
            longest_delay_min=30.0,
        ),
    )


def battery_site() -> Site:
    """Make a battery alone, as published policies of five-minute arbitrage are compared on it."""
    return Site(
        site_id="battery",
        time_zone="America/Chicago",
        import_limit_mw=0.5,
        export_limit_mw=0.5,
        machines=(),
        battery=Battery(
            energy_mwh=1.0,
            power_mw=0.5,
            charge_efficiency=0.9,
            discharge_efficiency=0.9,
            wear_usd_per_mwh=10.0,
            source="Zheng, Jaworski and Xu, IEEE Transactions on Power Systems 37 (2022)",
        ),
    )


def mara_2025_site() -> Site:
    """Make the site of the event: its inventory behind 1 MW, priced in its credits.

    The event gives no counts: each class has as many units as 1 MW could feed.
    """
    return Site(
        site_id="mara-2025",
        time_zone="America/Los_Angeles",
        import_limit_mw=_EVENT_LIMIT_KW / KW_PER_MW,
        export_limit_mw=0.0,
        machines=(
            _event_miner("air_miners", hashrate=1_000.0, power_kw=3.5),
            _event_miner("hydro_miners", hashrate=5_000.0, power_kw=5.0),
            _event_miner("immersion_miners", hashrate=10_000.0, power_kw=10.0),
            _event_server("gpu_compute", tokens=1_000.0, power_kw=5.0),
            _event_server("asic_compute", tokens=50_000.0, power_kw=15.0),
        ),
        labels=EVENT_LABELS,
    )


_EVENT_LIMIT_KW: Final = 1_000.0
_EVENT_SOURCE: Final = (
    "MARA Hackathon 2025 API documentation, GET /inventory; the count is what 1 MW could feed"
)


def _event_miner(name: str, *, hashrate: float, power_kw: float) -> MachineClass:
    return MachineClass(
        name=name,
        kind=MachineKind.MINER,
        count=int(_EVENT_LIMIT_KW // power_kw),
        power_kw=power_kw,
        hashrate_th_s=hashrate,
        source=_EVENT_SOURCE,
    )


def _event_server(name: str, *, tokens: float, power_kw: float) -> MachineClass:
    return MachineClass(
        name=name,
        kind=MachineKind.INFERENCE,
        count=int(_EVENT_LIMIT_KW // power_kw),
        power_kw=power_kw,
        tokens_per_s=event_tokens_per_s(tokens),
        source=_EVENT_SOURCE,
    )
