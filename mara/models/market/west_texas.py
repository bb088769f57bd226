"""A market like that of West Texas: every figure with its unit and source.

Sources, by the letters used below:

- [E] ERCOT real-time settlement point price, hub West, the Central year 2023: shapes by penalised
  maximum likelihood on its normal scores, factors by its autocorrelation, curves by its quantiles,
  then adjusted by simulation (docs/simulated-market.md).
- [L] ERCOT system load, hourly, 2022 and 2023: least squares on hour, season, weekend and the
  degree hours expected of the temperature law below.
- [B] Bitcoin price and difficulty, daily, January 2023 to February 2026.
- [N] NOAA U.S. Climate Normals 1991-2020 for Midland International Airport, rounded.
- [R] Rules of the market: cap 5,000 USD/MWh (16 TAC 25.509 as of 2023), floor -251 USD/MWh.
- [A] Assumption of ours: no public series stands behind it.
"""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from mara.models.market.demand import DemandParameters
from mara.models.market.energy import EnergyParameters, MonotoneCurve
from mara.models.market.hashprice import HashParameters
from mara.models.market.latent import Factor, Latent
from mara.models.market.load import LoadParameters
from mara.models.market.parameters import MarketParameters
from mara.models.market.seasonal import SeasonalShape
from mara.models.market.temperature import TemperatureParameters
from mara.models.market.tokenprice import TokenParameters

__all__ = ["WEST_TEXAS"]

_HOUR: Final = 60.0
_DAY: Final = 24.0 * _HOUR

_ENERGY: Final = EnergyParameters(
    driver=Latent(  # [E] autocorrelation of the scores' residuals
        factors=(
            Factor(share=0.20, relaxation_min=4.0 * _DAY),
            Factor(share=0.13, relaxation_min=2.0 * _DAY, daily_cycle=True),
            Factor(share=0.64, relaxation_min=8.0 * _HOUR),
            Factor(share=0.03, relaxation_min=0.5 * _HOUR),
        )
    ),
    scarcity=Latent(  # [E] duration and clustering of spikes
        factors=(
            Factor(share=0.40, relaxation_min=5.0 * _DAY),
            Factor(share=0.36, relaxation_min=4.0 * _HOUR),
            Factor(share=0.24, relaxation_min=0.5 * _HOUR),
        )
    ),
    centre=SeasonalShape(  # [E] normal scores
        level=(-0.02, -0.31, -0.45, 0.04, 0.06),
        daily=(
            (0.06, 0.24, 0.06),
            (-0.27, 0.48, 0.26),
            (-0.15, -0.13, 0.06),
            (-0.17, -0.16, -0.10),
            (-0.04,),
            (-0.10,),
        ),
    ),
    log_low=SeasonalShape(  # [E] natural logarithm
        level=(-0.26, 0.32, 0.09), daily=((-0.05, 0.33, 0.12), (-0.18, 0.20, 0.08))
    ),
    log_high=SeasonalShape(  # [E] natural logarithm
        level=(-0.20, 0.26, 0.19), daily=((0.07,), (-0.12,), (-0.14,), (0.06,))
    ),
    scarcity_shape=SeasonalShape(  # [E] probit of prices above 250 USD/MWh
        level=(-2.84, -0.17, -0.08, -0.20, 0.41),
        daily=((-0.14, -0.03, 0.40), (-0.62, 0.67, 0.40), (-0.48,), (-0.30,)),
    ),
    sunday_centre=-0.09,  # [E] normal scores
    weather_coupling=0.27,  # [A] modest: hot summers and cold winters are dear
    scarcity_coupling=0.5,  # [A] reserves run short when net load is high
    supply=MonotoneCurve(  # [E] quantiles
        scores=(
            -5.0,
            -3.6,
            -2.9,
            -2.3,
            -1.75,
            -1.4,
            -1.1,
            -0.8,
            -0.5,
            0.0,
            0.5,
            1.0,
            1.4,
            1.8,
            2.4,
            4.0,
        ),
        usd_per_mwh=(
            -251.0,
            -31.0,
            -12.0,
            -5.0,
            -1.9,
            -0.3,
            4.0,
            12.0,
            17.0,
            21.6,
            27.5,
            42.0,
            58.0,
            78.0,
            115.0,
            220.0,
        ),
    ),
    adder=MonotoneCurve(  # [E] shares above 250, 500, 1,000, 2,000 and 3,500 USD/MWh
        scores=(-0.3, 0.0, 0.27, 0.51, 0.77, 1.02, 1.4),
        usd_per_mwh=(0.0, 180.0, 430.0, 930.0, 1930.0, 3430.0, 5251.0),
    ),
    floor_usd_per_mwh=-251.0,  # [R]
    cap_usd_per_mwh=5_000.0,  # [R]
)

_HASH: Final = HashParameters(
    level_usd_per_ph_day=50.0,  # [B] median of May 2024 to February 2026: 48.9
    btc_volatility=0.475,  # [B] daily log returns, per square root of a year
    reversion=0.055,  # [B] steps on the hash price before: 0.037 since 2022, 0.078 since 2024
    step_noise=0.037,  # [B] residual of that regression
    step_limit=0.25,  # [B] the largest of 109 steps were -0.12 and +0.13
)

_TOKEN: Final = TokenParameters(
    latent=Latent(factors=(Factor(share=1.0, relaxation_min=60.0 * _DAY),)),  # [A]
    level_usd_per_mtok=0.70,  # [A] blended price of open models, between 0.5 and 1.0
    log_sd=0.15,  # [A]
)

_DEMAND: Final = DemandParameters(
    latent=Latent(  # [A]
        factors=(
            Factor(share=0.5, relaxation_min=3.0 * _DAY),
            Factor(share=0.4, relaxation_min=2.0 * _HOUR),
            Factor(share=0.1, relaxation_min=15.0),
        )
    ),
    demand_mean_mtok_per_h=1.0,  # [A] the unit of the shape: a site sets its own
    shape=SeasonalShape(  # [A] lowest before dawn, highest in the working afternoon
        level=(0.0,), daily=((-0.25,), (-0.20,), (-0.05,), (0.08,))
    ),
    weekend_factor=0.8,  # [A]
    log_sd=0.15,  # [A]
)

_TEMPERATURE: Final = TemperatureParameters(
    latent=Latent(  # [A] fronts pass in days, clouds in hours
        factors=(
            Factor(share=0.8, relaxation_min=3.0 * _DAY),
            Factor(share=0.2, relaxation_min=6.0 * _HOUR),
        )
    ),
    mean_c=SeasonalShape(level=(18.0, -10.4, -3.4), daily=((-3.5,), (-6.1,))),  # [N] degC
    anomaly_sd_c=SeasonalShape(level=(3.9, 1.9, 0.0)),  # [A] degC
)

_LOAD: Final = LoadParameters(
    latent=Latent(  # [L] autocorrelation of the residuals
        factors=(
            Factor(share=0.6, relaxation_min=2.0 * _DAY),
            Factor(share=0.4, relaxation_min=8.0 * _HOUR),
        )
    ),
    shape_mw=SeasonalShape(  # [L] MW
        level=(38_750.0,),
        daily=(
            (80.0, -4_220.0, -3_020.0),
            (-1_130.0, -1_200.0, -860.0),
            (370.0, -110.0, -2_160.0),
            (-2_150.0, 40.0, -930.0),
        ),
    ),
    cooling_mw_per_c=2_310.0,  # [L]
    cooling_above_c=18.0,  # [L] the best of a grid of thresholds
    heating_mw_per_c=1_310.0,  # [L]
    heating_below_c=10.0,  # [L]
    weekend_mw=-1_670.0,  # [L]
    log_sd=0.02,  # [A] small, as the temperature explains most of the spread
)

WEST_TEXAS: Final = MarketParameters(
    zone=ZoneInfo("America/Chicago"),
    energy=_ENERGY,
    hash=_HASH,
    token=_TOKEN,
    demand=_DEMAND,
    load=_LOAD,
    temperature=_TEMPERATURE,
)
