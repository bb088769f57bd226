"""The word list of the power market: what more or less of each thing means to a buyer of power.

Written from the workings of the market: more supply, cheaper fuel and less demand make power
cheaper. Patterns are matched in lower case; a sign of 1 is favourable to a buyer.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "EVENTS",
    "FALLS",
    "FLIPS_AFTER",
    "FLIPS_BEFORE",
    "MARKETS",
    "NEUTRAL",
    "RISES",
    "THINGS",
    "TRANSITIVES",
]

THINGS: Final[tuple[tuple[str, float], ...]] = (
    # More of these makes power cheaper.
    (
        r"(?:wind|solar|hydro|nuclear|renewables?|power|electricity|gas|coal|lng|oil|geothermal)?\s*"
        r"(?:output|generation|production|suppl(?:y|ies)|capacity|availability|fleet)",
        1.0,
    ),
    (r"(?:gas |coal |lng |fuel |oil )?(?:stocks?|stockpiles?|inventor(?:y|ies)|storage)", 1.0),
    (
        r"reservoirs?|snowpack|inflows?|river (?:levels?|flows?)|water levels?|rain(?:fall)?|"
        r"precipitation|hydrology",
        1.0,
    ),
    (r"wind(?: speeds?)?|sunshine|solar|rooftop|irradiation|breeze|gales?", 1.0),
    (r"reserve margins?|reserves?|headroom|surplus(?:es)?|glut|oversupply|spare", 1.0),
    (
        r"batter(?:y|ies)|interconnectors?|pipelines?|transmission|cables?|lines?|imports?|"
        r"transfer limits?|flows? (?:from|into)",
        1.0,
    ),
    (
        r"reactors?|nuclear|plants?|units?|turbines?|power stations?|peakers?|dams?|wells?|rigs?|drilling",
        1.0,
    ),
    (r"subsid(?:y|ies)|rebates?|discounts?|relief|efficiency|competition|permits? for", 1.0),
    # More of these makes power dearer.
    (
        r"(?:peak |power |electricity |gas |grid |lng |industrial |heating |cooling |air[- ]conditioning )?"
        r"(?:demand|load|consumption|usage|burn|offtake)",
        -1.0,
    ),
    (
        r"data cent(?:er|re)s?|ai campus(?:es)?|electrification|hyperscalers?|electric (?:cars|vehicles)|evs?|"
        r"heat pumps?|smelters?|factor(?:y|ies)|electrolysers?",
        -1.0,
    ),
    (r"(?:lng |gas |coal |power |electricity )?exports?|feedgas", -1.0),
    (
        r"(?:gas|coal|power|electricity|carbon|spot|day-ahead|forward|wholesale|fuel|lng|oil|uranium|"
        r"capacity|futures|baseload|peak|hub|retail|allowance)?\s*"
        r"(?:prices?|costs?|futures|contracts?|bills?|rates?|tariffs?|premiums?|spreads?|bids?|forwards?)",
        -1.0,
    ),
    (
        r"fees?|lev(?:y|ies)|tax(?:es)?|surcharges?|charges?|dut(?:y|ies)|tolls?|caps?|margins?",
        -1.0,
    ),
    (
        r"carbon|allowances?|euas?|permits?|emissions? (?:price|cost)s?|coal|gas|lng|ttf|henry hub|oil|brent|"
        r"uranium|diesel",
        -1.0,
    ),
    (r"temperatures?", -0.5),
    (
        r"losses|congestion|curtailments?|outages?|imbalances?|shortfalls?|deficits?|risks?|fears?|"
        r"scarcity|volatility|maintenance|shutdowns?|backlogs?",
        -1.0,
    ),
)
"""Things and the sign of more of them."""

RISES: Final = (
    r"ris(?:es?|en|ing)|rose|climb(?:s|ed|ing)?|jump(?:s|ed)?|surg(?:es?|ed|ing)|soar(?:s|ed|ing)?|"
    r"up|gain(?:s|ed)?|high(?:er|est)?|increas(?:es?|ed|ing)|gr(?:ow|ows|ew|owing|owth)|boost(?:s|ed)?|"
    r"expand(?:s|ed|ing)?|expansion|record|spik(?:es?|ed|ing)|rall(?:y|ies|ied)|swell(?:s|ed)?|"
    r"lift(?:s|ed)?|rais(?:es?|ed|ing)|doubl(?:es?|ed|ing)|tripl(?:es?|ed)|add(?:s|ed|ing)?|more|"
    r"strong(?:er|est)?|strengthens?|ample|abundant|plentiful|full(?:er)?|refill(?:s|ed|ing)?|builds?|"
    r"above|tops?|exceed(?:s|ed)?|beats?|extra|additional|new|ramps? up|overflow(?:s|ing)?|brim(?:ming)?|"
    r"widens?|widened|accelerat(?:es?|ed)|recover(?:s|ed|y)?|improv(?:es?|ed)|rebound(?:s|ed)?|hikes?|"
    r"swells?|peaks?|hits?|overshoots?|steeper|dearer|costlier|firm(?:s|er)?|extends?|upgrades?|upgraded"
)
FALLS: Final = (
    r"f[ae]ll(?:s|en|ing)?|drop(?:s|ped|ping)?|slid(?:es?)?|slump(?:s|ed)?|sink(?:s|ing)?|sank|"
    r"tumbl(?:es?|ed)|down|low(?:er|est|ers|ered)?|declin(?:es?|ed|ing)|eas(?:es?|ed|ing)|"
    r"cut(?:s|ting)?|shr(?:ink|inks|ank|unk)|plung(?:es?|ed)|dip(?:s|ped)?|weak(?:er|est|ens?|ened)?|"
    r"retreat(?:s|ed)?|los(?:es?|t)|reduc(?:es?|ed|tion)|halv(?:es?|ed)|slash(?:es|ed)?|collaps(?:es?|ed)|"
    r"less|fewer|thin(?:s|ner)?|scarce|tight(?:er|ens?|ened)?|below|under|missing|dr(?:y|ies|ied|ains?)|"
    r"narrows?|narrowed|slows?|slowed|trim(?:s|med)?|shed(?:s)?|soften(?:s|ed)?|cheap(?:er|ens?)?|"
    r"dwindl(?:es?|ed|ing)|depleted?|empt(?:y|ies|ied)|short|wanes?|fad(?:es?|ed)|crash(?:es|ed)?|"
    r"cool(?:s|ed)?|recedes?|calms?|subdued|muted|sag(?:s|ged)?|ebbs?|scrap(?:s|ped)?|waiv(?:es?|ed)|"
    r"abolish(?:es|ed)?|removes?|removed|shav(?:es?|ed)|curb(?:s|ed)?|squeez(?:es?|ed|ing)|freez(?:es?)|frozen|capped|limits?|worsens?|worsened"
)

EVENTS: Final[tuple[tuple[str, float], ...]] = (
    # Supply comes.
    (
        r"restarts?|restarted|returns? to (?:service|grid|operation)|returns?|back (?:online|on line|in service|"
        r"on the grid|at full)|comes? (?:online|on line|back)|enters? (?:service|operation)|in service|"
        r"start(?:s|ed)? up|starts? (?:producing|generating|operating|flowing|exports? to)|synchroni[sz]ed|"
        r"energi[sz](?:es?|ed)|commission(?:s|ed|ing)?|completed?|completes|opens?|opened|inaugurat\w+|"
        r"resum(?:es?|ed|ption)|restor(?:es?|ed)|repair(?:s|ed)?|reconnect(?:s|ed)?|first power|"
        r"full power|goes live|switched on|comes into",
        1.2,
    ),
    (
        r"approv(?:es?|ed|al)|licen[cs]es?d?|greenlights?|permits? granted|clears?|signs? off|"
        r"life extension|extends? (?:the )?(?:life|operation)",
        0.9,
    ),
    (
        r"mild(?:er)?|windy|breezy|sunny|wet(?:ter)?|rains?|snowmelt|storms? bring|warm(?:er)? winter|"
        r"above-normal (?:rain|wind|snow)|gales?",
        1.2,
    ),
    (
        r"negative (?:power |electricity )?prices?|cheap(?:er)?|surplus|glut|ample|oversupply|record wind|"
        r"record solar|price war|discovery|ceasefire|truce|settle(?:s|d|ment)? (?:strike|dispute)",
        1.2,
    ),
    (
        r"demand response|energy saving|shuts? (?:the )?smelter|smelter (?:closes|shuts|idles)|recession|"
        r"export terminal (?:shut|fire|explosion|outage|closed)|own (?:supply|generation|power)|"
        r"stand(?:s)? down|bring(?:s)? (?:its|their) own|behind the meter",
        1.3,
    ),
    (
        r"joins? (?:the )?\w* ?grid|starts? deliver(?:y|ies)|first gigawatt|well supplied|(?:goes|go|turns?|"
        r"stays?|at) (?:negative|minus|below zero)|to zero|near zero|price to zero|thaw(?:s)?|tax credit|"
        r"long on (?:generation|supply|power)|bumper|ahead of (?:plan|schedule|time)|unplug(?:s|ged)?|stood down|"
        r"powers? down|no (?:sign|threat|shortage)|overtakes? coal|fill(?:s|ed)? up|reopens?|reopened|"
        r"diverted to (?:the )?us|traps? gas|trapped gas|cheaper air|cooler|cool front|replenish\w*|pays? less",
        1.2,
    ),
    (
        r"cargo(?:es)? (?:arrive|arrives|head|heads|bound for europe)|tankers? arrive|rain arrives|"
        r"monsoon|floods? (?:of|the market)|undercut(?:s)?|price cuts?|fee holiday|rebates?|"
        r"refund(?:s|ed)?|waiver|(?:well )?above (?:norm|normal|average)|over(?:full|supplied)|"
        r"self-suppl\w+|own (?:battery|batteries|turbines|solar|wind|plant)|"
        r"flexible|first (?:gas|oil|flow|cargo)|plugs in|tops up|sooner than|earlier than|early|"
        r"(?:lower|better) than (?:feared|expected)|breaks? heat|end of (?:the )?heat|slack|plenty|"
        r"sails? through|secures? (?:gas|fuel|supply|cargoes)",
        1.1,
    ),
    (
        r"queue(?:s|d)?|signs? .{0,30}(?:deal|contract) for .{0,30}(?:output|power)|orders? .{0,12}(?:gw|mw)|"
        r"pil(?:e|es|ing) in|takes? (?:another )?\d+ ?(?:mw|gw)|taking \d+|pulling|soaks? up|"
        r"diverted to (?:europe|asia|japan|china)|drawn away|surprise draw|draw(?:s|down)? from|threat(?:s|ens|ened)?|"
        r"stays? out|stay high|dearest|most expensive|passed on to|at customers' expense|pays? more|paid more|"
        r"bottled up|constraint(?:s)?|buy(?:s|ing)? spree|no relief|recall|jellyfish|lead times?|must-run|"
        r"takes? aim|barrels? toward|loom(?:s|ing)?|grips?|blacks? out|hot weather|record peak|all-time peak",
        -1.2,
    ),
    # Supply goes.
    (
        r"outages?|trip(?:s|ped)?|shut(?:s|down|downs)?(?: down)?|offline|off[- ]line|clos(?:es?|ed|ure|ures)|"
        r"retir(?:es?|ed|ement|ements|ing)|decommission\w*|phase[- ]?out|mothball(?:s|ed)?|taken out|"
        r"derat(?:es?|ed)|halts?|halted|suspend(?:s|ed)?|suspension|force majeure|stops?|stopped|idled?",
        -1.2,
    ),
    (
        r"fire|explosion|blast|leak(?:s|ed)?|sabotage|rupture[sd]?|derail\w*|collapses?|crack(?:s)?|corrosion|"
        r"attack(?:s|ed)?|damag(?:es?|ed)|fault(?:s)?|failure|fails?|blockade|war|embargo|sanctions?|"
        r"unplanned|emergency",
        -1.1,
    ),
    (
        r"drought|calm|becalmed|low wind|windless|doldrums|dunkelflaute|cloud(?:s|y)?|fog|heat ?wave|"
        r"heat dome|heat|hot(?:ter)?|swelter\w*|scorching|cold(?:er)?|cold (?:snap|spell)|freeze|frost|"
        r"polar|arctic|blizzard|ice|icing|snowstorm|hurricane|dry spell|dry winter|dry",
        -1.2,
    ),
    (
        r"strikes?|walkout|shortage|scarcity|squeeze|rationing|alert|warning|tight(?:ness)?|crunch|"
        r"load shedding|blackout risk|conservation|delay(?:s|ed)?|postpon(?:es?|ed)|pushed back|behind schedule|"
        r"slips?|overrun|cancel(?:s|led|ed)? (?:project|wind|solar|plant)|ban(?:s|ned)?|moratorium|blocked|"
        r"reject(?:s|ed)?|overheat\w*",
        -1.1,
    ),
)
"""What happens, and its sign by itself."""

FLIPS_BEFORE: Final = (
    r"no|not|never|without|unlikely|fails? to|failed to|cancels?|scraps?|delays?|postpones?|denies|"
    r"rejects?|shelves?|drops plans?|abandons?|ends?|lifts (?:the |its |a )?(?:ban|curbs?|limits?|embargo|sanctions)|suspends?|halts?|stalls?|reverses?|"
    r"overturns?|repeals?|blocks?|refuses?|pauses?|averts?|avoids?|withdraws?|escapes?|puts? off|calls? off|"
    r"eases?|rules? out|opposes?|don't expect|little|less|stops?|relaxes|waives?|unplug|removes?|freezes"
)
"""What turns the votes that follow into their opposite."""

FLIPS_AFTER: Final = (
    r"called off|averted|avoided|cancell?ed|scrapped|withdrawn|postponed|delayed|denied|rejected|shelved|"
    r"put off|pushed back|abandoned|unlikely|ended|ends|lifted|suspended|halted|stalled|reversed|"
    r"overturned|repealed|blocked|refused|paused|slips?|disappoints?|misses|fades?|eases?|stays? out|"
    r"over before|passes|fixed|extinguished|contained|under control|at risk|in doubt|disappear\w*|spared|"
    r"in question|slips again|rolled back|waived|struck down"
)
"""What turns the votes before it into their opposite."""

TRANSITIVES: Final = (
    r"lift(?:s|ed|ing)?|boost(?:s|ed|ing)?|rais(?:es?|ed|ing)|cut(?:s|ting)?|trim(?:s|med|ming)?|"
    r"curb(?:s|ed|ing)?|slash(?:es|ed|ing)?|add(?:s|ed|ing)?|reduc(?:es?|ed|ing)|lower(?:s|ed|ing)?|"
    r"double(?:s|d)?|push(?:es|ed)? up|drives? up|drives? down|send(?:s)?|expand(?:s|ed|ing)?|"
    r"squeez(?:es?|ed|ing)|limit(?:s|ed|ing)?|shave(?:s|d)?|hikes?|removes?|removed"
)
"""Verbs whose thing stands after them."""

NEUTRAL: Final = (
    r"unaffected|barely|memorandum|committee|tours?|docket|profit|revenue|fined|app|loyalty|"
    r"elects?|re-elect|nominees?|secretary|quotas|with conditions|control room|supercomputer|visitor|"
    r"handset|partner|machines|await(?:s)?|steps from|15-minute|cloud company|restructur\w*|"
    r"trading house|exchange(?:s)?|filing|quarterly|"
    r"appoints?|names? (?:new )?(?:chief|head|chair|ceo)|chief executive|chair(?:man|woman|s)?|board|"
    r"consult(?:s|ation|ations)|conference|summit|on schedule|as (?:planned|expected|scheduled)|"
    r"unchanged|flat|steady|little changed|mixed|publish(?:es|ed)|survey|report(?:s)? (?:out|due)|webinar|"
    r"award(?:s|ed)? (?:for|to)|headquarters|rebrands?|logo|shares|dividend|merger|buys stake|ipo|"
    r"bitcoin|hash ?rate|hash ?price|miner(?:s)?|mining|halving|difficulty|block reward|crypto\w*|"
    r"minutes|agenda|hearing|workshop|deadline|comment period|reviews?|stud(?:y|ies)|pilot|"
    r"local|street|village|museum|anniversary|retires as|joins|steps down|hires?|elects?|staff|software|"
    r"website|meter(?:s|ing)? format|data format|holiday|date|moves office|copper|aluminium prices|gold"
)
"""What has no expected effect on the price of power."""

MARKETS: Final = (
    "ERCOT PJM MISO CAISO NYISO ISO-NE SPP AESO IESO AEMO NEM EPEX Nord Pool TTF NBP JKM EEX Ofgem FERC "
    "PUCT Texas California Germany France Britain Spain Italy Poland Norway Sweden Finland Denmark "
    "Netherlands Belgium Switzerland Austria Japan Australia Alberta Ontario Quebec India China Brazil "
    "Europe"
)
"""Names of markets and places, for the entity of a headline."""
