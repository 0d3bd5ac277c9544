"""
Venues in our hands: each says what a real one would, and misbehaves on order.

A body is written with holes, so that a test can put anything where a price, a time or a symbol
belongs. Prices are JSON strings as the venues send them.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from collateral.prices.live import ADAPTERS, CURRENCY, Configured
from collateral.prices.spot import HKD, USD, USDT, Ages, Pair

NOW = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)  # A Wednesday, noon in Hong Kong.
THE_DAY_BEFORE = "2026-03-03"
LONGEST_BODY = 1024 * 1024
AGES = Ages(
    lives=timedelta(seconds=30),
    last_change=timedelta(minutes=2),
    last_trade=timedelta(minutes=10),
    close=timedelta(minutes=20),
    day=timedelta(days=7),
    ahead=timedelta(seconds=5),
)


@dataclass(frozen=True, slots=True)
class Emulated:
    """
    One adapter with the bodies of one of its pairs: `holes` are what stands in them by default.

    `books`: whether it says bid and ask. `timed`: whether its reply says a time that ages.
    """

    name: str
    pair: Pair
    bodies: tuple[str, ...]
    holes: dict[str, str]
    books: bool = True
    timed: bool = True
    other: dict[str, str] = field(default_factory=dict)
    halted: dict[str, str] = field(default_factory=dict)
    currency: str = ""

    def __str__(self):
        return f"{self.name} {self.pair}"

    def say(self, **holes: str) -> tuple[bytes, ...]:
        said = self.holes | holes
        bodies = []
        for body in self.bodies:
            for hole, value in said.items():
                body = body.replace(f"<{hole}>", value)
            bodies.append(body.encode())
        return tuple(bodies)

    @property
    def adapter(self):
        return ADAPTERS[self.name]()

    def source(self, url: str) -> Configured:
        currency = self.currency or CURRENCY.get(self.name, USD)
        return Configured(self.name, self.adapter, currency, url)


def ms(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


BOOK = {"bid": '"68000.5"', "ask": '"68001.5"', "last": '"68000.9"'}
HASHKEY = (
    '[{"t":<time>,"s":"<symbol>","c":<last>,"h":"68479.9","l":"66594.3","o":"68279.7",'
    '"b":<bid>,"a":<ask>,"v":"160.4","qv":"10882725.77"}]',
    '{"timezone":"UTC","serverTime":"1721685896846","symbols":[{"symbol":"<symbol>",'
    '"status":"<status>","baseAsset":"<base>","quoteAsset":"<quote>","retailAllowed":true}]}',
)
OSL = (
    '{"symbol":"<symbol>","asks":[[<ask>,"1.2"]],"bids":[[<bid>,"0.4"]],"updateTime":<time>}',
    '[{"symbol":"<symbol>","currency":"<base>","settlCurrency":"<quote>","bidPrice":"1",'
    '"askPrice":"2","lastPrice":<last>,"minPrice":"13482.00000","volume":null,'
    '"updateTime":"2026-03-04T03:14:48.044Z"}]',
)
COINBASE = (
    '{"trade_id":843439,"price":<last>,"size":"80.29769","time":<time>,"bid":<bid>,"ask":<ask>,'
    '"volume":"1903188.03750000"}',
    '{"id":"<symbol>","base_currency":"<base>","quote_currency":"<quote>","status":"<status>",'
    '"trading_disabled":<disabled>}',
)
KRAKEN = (
    '{"error":[],"result":{"<symbol>":{"a":[<ask>,"1","1.000"],"b":[<bid>,"2","2.000"],'
    '"c":[<last>,"0.04408910"],"o":"2571.56000"}}}',
    '{"error":[],"result":{"status":"<status>","timestamp":"2026-03-04T04:00:00Z"}}',
)
BITSTAMP = (
    '{"timestamp":<time>,"high":"69000","last":<last>,"bid":<bid>,"vwap":"68000","volume":"3563.1",'
    '"low":"66000","ask":<ask>,"open":"68000","pair":"<symbol>"}',
)
BINANCE = (
    '{"symbol":"<symbol>","lastPrice":<last>,"bidPrice":<bid>,"askPrice":<ask>,"volume":"9000.1",'
    '"openTime":1,"closeTime":<time>}',
)
TWELVE = (
    '{"symbol":"<symbol>","name":"Tencent","exchange":"HKEX","mic_code":"<mic>",'
    '"currency":"<quote>","datetime":"2026-03-04","timestamp":1772577000,"last_quote_at":<time>,'
    '"open":"510.5","high":"515","low":"508","close":<last>,"volume":"886145",'
    '"previous_close":"509.00000","is_market_open":true}',
)
ECB = (
    "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE,OBS_STATUS\n"
    "EXR.D.HKD.EUR.SP00.A,D,<symbol>,EUR,SP00,A,<time>,<last>,A\n"
    "EXR.D.USD.EUR.SP00.A,D,USD,EUR,SP00,A,<time>,1.1600,A\n",
)


def _licensed(name: str, bodies, pair: Pair, time: str) -> Emulated:
    symbol = f"{pair.asset}{pair.currency}"
    holes = BOOK | {
        "time": time,
        "symbol": symbol,
        "base": pair.asset,
        "quote": pair.currency,
        "status": "TRADING",
    }
    return Emulated(
        name,
        pair,
        bodies,
        holes,
        currency=pair.currency,
        other={"symbol": "DOGEUSD"},
        halted={"status": "HALT"} if name == "hashkey" else {"bid": ""},
    )


EMULATED = (
    _licensed("hashkey", HASHKEY, Pair("BTC", USD), ms(NOW)),
    _licensed("hashkey", HASHKEY, Pair("ETH", HKD), ms(NOW)),
    _licensed("osl", OSL, Pair("BTC", USD), '"2026-03-04T04:00:00.000Z"'),
    _licensed("osl", OSL, Pair("ETH", HKD), '"2026-03-04T04:00:00.000Z"'),
    Emulated(
        "coinbase",
        Pair("BTC", USD),
        COINBASE,
        BOOK
        | {
            "time": '"2026-03-04T03:59:58.012523Z"',
            "symbol": "BTC-USD",
            "base": "BTC",
            "quote": USD,
            "status": "online",
            "disabled": "false",
        },
        other={"symbol": "DOGE-USD"},
        halted={"disabled": "true"},
    ),
    Emulated(
        "kraken",
        Pair("BTC", USD),
        KRAKEN,
        BOOK | {"symbol": "XXBTZUSD", "status": "online"},
        timed=False,
        other={"symbol": "XDGUSD"},
        halted={"status": "cancel_only"},
    ),
    Emulated(
        "kraken",
        Pair(USDT, USD),
        KRAKEN,
        BOOK
        | {
            "symbol": "USDTZUSD",
            "status": "online",
            "bid": '"0.9998"',
            "ask": '"0.9999"',
            "last": '"0.9999"',
        },
        timed=False,
        other={"symbol": "XDGUSD"},
        halted={"status": "maintenance"},
    ),
    Emulated(
        "bitstamp",
        Pair("BTC", USD),
        BITSTAMP,
        BOOK | {"time": f'"{int(NOW.timestamp())}"', "symbol": "BTC/USD"},
        other={"symbol": "DOGE/USD"},
    ),
    Emulated(
        "binance",
        Pair("BTC", USDT),
        BINANCE,
        BOOK | {"time": ms(NOW), "symbol": "BTCUSDT"},
        other={"symbol": "DOGEUSDT"},
    ),
    Emulated(
        "twelvedata",
        Pair("0700", HKD),
        TWELVE,
        {
            "last": '"512.50"',
            "time": str(int(NOW.timestamp())),
            "symbol": "700",
            "quote": HKD,
            "mic": "XHKG",
        },
        books=False,
        other={"symbol": "AAPL"},
    ),
    Emulated(
        "ecb",
        Pair(USD, HKD),
        ECB,
        {"last": "9.0712", "time": THE_DAY_BEFORE, "symbol": "HKD"},
        books=False,
        timed=False,
        other={"symbol": "JPY"},
    ),
)


class FakeVenue:
    """Serves the bodies of one emulated venue at its paths, or what it is ordered to serve."""

    def __init__(self, server, emulated: Emulated):
        self.server, self.emulated = server, emulated
        self.asked: list[Request] = []
        self.bodies = emulated.say()
        self.order = None
        self.url = server.url_for("").rstrip("/")
        paths = emulated.adapter.paths(emulated.pair)
        for nth, path in enumerate(paths):
            bare = urlsplit(path.text).path
            server.expect_request(bare).respond_with_handler(self._handler(nth))

    def _handler(self, nth: int):
        def handle(request: Request) -> Response:
            self.asked.append(request)
            if self.order is not None:
                return self.order(self.bodies[nth])
            return Response(self.bodies[nth], content_type="application/json")

        return handle
