"""A live feed in our hands, that says what a test puts into it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from collateral.prices.live import Answer
from collateral.prices.quote import Quote
from collateral.prices.spot import HKD

VENUES = ("hashkey", "osl", "coinbase", "kraken", "bitstamp")


@dataclass
class SaidFeed:
    """
    `prices`: by asset, what each source says in HKD, or words for why it says nothing. Sources
    that are not named are silent. What is said is asked for under the real feed's name.
    """

    prices: dict[str, dict[str, str]] = field(default_factory=dict)
    executing: str = "hashkey"
    lives: timedelta = timedelta(seconds=30)
    seen_at: datetime | None = None
    rates: list = field(default_factory=list)

    def all_say(self, asset: str, price: str, *, but: tuple[str, ...] = ()) -> "SaidFeed":
        self.prices[asset] = {name: price for name in VENUES if name not in but}
        return self

    def ask(self, codes, *, ages, contracted=None, known=None, now):
        self.rates.append((contracted, known))
        return [
            self._answer(source, code, said, now=now)
            for code in codes
            for source, said in self.prices.get(code, {}).items()
        ]

    def _answer(self, source, code, said, *, now):
        try:
            price = Decimal(said)
        except ArithmeticError:
            return Answer(source, source, code, HKD, why=said)
        at = self.seen_at or now
        quote = Quote(source, code, HKD, price, at, at + self.lives, venue=source)
        return Answer(source, source, code, HKD, said=price, quote=quote)
