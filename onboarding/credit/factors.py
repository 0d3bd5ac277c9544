"""The factors that an assessment argues one by one: those of the guidelines, those of VA. Pure."""

from collections.abc import Mapping

# SMF-11, paragraph 2.4 (a) to (e).
SMF = {
    "smf_a": "Financial situation, backed by objective proof",
    "smf_b": "Internal and external credit references",
    "smf_c": "Quality of collateral and other credit support",
    "smf_d": "Investment objectives, risk appetite and trading pattern",
    "smf_e": "Known adverse events",
}

# VAF-5, 26EC5 paragraph 6 (a) to (g).
VIRTUAL = {
    "va_a": "Quality of the virtual assets, past volatility and price gaps",
    "va_b": "Whether valuation and market depth can last",
    "va_c": "Concentration in the digital-asset sector, shares of it included",
    "va_d": "Failure of the asset itself, its network or its infrastructure",
    "va_e": "Virtual assets and shares falling together in a stress",
    "va_f": "Damage to the client from own virtual assets, and to the ability to repay",
    "va_g": "Virtual assets of the group or related companies it leans on",
}
# Only firms lean on related companies.
OF_FIRMS = frozenset({"va_g"})

FACTORS = SMF | VIRTUAL
STRONGEST, WEAKEST = 1, 5
SCORES = {
    1: "1, strong",
    2: "2, good",
    3: "3, fair",
    4: "4, weak",
    5: "5, very weak",
}


def needed(*, counts_virtual: bool, is_firm: bool) -> Mapping[str, str]:
    """
    The factors without which an assessment is not complete, by name.

    The seven of VAF-5 are needed where virtual assets are counted in net worth; (g) of firms alone.
    """
    if not counts_virtual:
        return SMF
    return {name: said for name, said in FACTORS.items() if is_firm or name not in OF_FIRMS}


def titled(name: str) -> str:
    """A factor with the letter it has in its source."""
    source = "SMF" if name in SMF else "Virtual assets"
    return f"{source} ({name[-1]}): {FACTORS[name]}"
