"""The house as it opens: what it accepts and the levels it lends at, approved by two people."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from collateral.assets import Asset, Kind, Market, Sector, Tier
from collateral.custody.places import CustodyPlace, PlaceKind, PlaceLicence
from collateral.haircuts import Haircut
from lending.loans.rates import BenchmarkRate
from lending.margin.terms import MarginTerms
from onboarding.disclosures.text import found_disclosures
from onboarding.entity import (
    VA_FINANCING_CONDITIONS,
    Feature,
    LegalEntity,
    ProductSwitch,
    client_type,
)
from onboarding.sizes import ApprovalSize
from onboarding.users import User

REASON = "House default at opening"


@dataclass(frozen=True, slots=True)
class _Asset:
    code: str
    name: str
    chinese: str
    kind: Kind
    step: str
    lot: str
    issuer: str
    sector: Sector
    tier: Tier


ASSETS = (
    _Asset(
        "BTC", "Bitcoin", "比特幣", Kind.VA, "0.00000001", "0.00001", "", Sector.DIGITAL, Tier.OTHER
    ),
    _Asset(
        "ETH", "Ether", "以太幣", Kind.VA, "0.00000001", "0.0001", "", Sector.DIGITAL, Tier.OTHER
    ),
    _Asset(
        "HKD", "Hong Kong dollar", "港元", Kind.CASH, "0.01", "0.01", "", Sector.MONEY, Tier.ONE
    ),
    _Asset("USD", "US dollar", "美元", Kind.CASH, "0.01", "0.01", "", Sector.MONEY, Tier.ONE),
)


def _share(code: str, name: str, chinese: str, lot: str, sector: Sector) -> _Asset:
    return _Asset(code, name, chinese, Kind.SHARE, "1", lot, name, sector, Tier.ONE)


SHARES = (
    _share("0005", "HSBC Holdings", "滙豐控股", "400", Sector.FINANCIALS),
    _share("0388", "Hong Kong Exchanges", "香港交易所", "100", Sector.FINANCIALS),
    _share("0700", "Tencent Holdings", "騰訊控股", "100", Sector.TECHNOLOGY),
    _share("0939", "China Construction Bank", "建設銀行", "1000", Sector.FINANCIALS),
    _share("1299", "AIA Group", "友邦保險", "200", Sector.FINANCIALS),
    _share("2800", "Tracker Fund of Hong Kong", "盈富基金", "500", Sector.INDEX),
    _share("3690", "Meituan", "美團", "100", Sector.TECHNOLOGY),
    _share("9988", "Alibaba Group", "阿里巴巴", "100", Sector.TECHNOLOGY),
)

# Lending, liquidation and FRR haircuts (design levels; FRR figures of shares are test values until
# Finance loads a signed table, FRR-9).
HAIRCUTS = {
    Kind.VA: ("0.60", "0.35", "1"),
    Kind.SHARE: ("0.30", "0.20", "0.15"),
}
CASH_HAIRCUTS = {"HKD": ("0", "0", "0"), "USD": ("0.08", "0.05", "0")}


OPEN_FEATURES = (
    Feature.VA_FINANCING,
    Feature.VA_DEPOSITS,
    Feature.VA_WITHDRAWALS,
    *map(client_type, ("person", "joint", "corporate", "trust", "institution")),
)
# HKD: above it the MIC of risk management decides a credit limit.
CREDIT_LIMIT_SIZE = Decimal(20_000_000)
PLAYABLE_VA = ("BTC", "ETH")


# Where units rest: code, kind, name, licence, days it has still to run (None: without end), and
# what rests there where nobody names another place.
PLACES = (
    (
        "PLATFORM",
        PlaceKind.PLATFORM,
        "The platform's associated entity",
        "AAA001",
        1096,
        [Kind.VA],
    ),
    ("CCASS", PlaceKind.BROKER, "Own CCASS participant account", "", None, [Kind.SHARE]),
    (
        "BANK",
        PlaceKind.INSTITUTION,
        "Segregated account at the bank",
        "AI-001",
        1461,
        [Kind.CASH],
    ),
)


@dataclass(frozen=True, slots=True)
class House:
    assets: dict[str, Asset]
    haircuts: dict[str, Haircut]
    terms: MarginTerms

    def haircut(self, code: str) -> Haircut:
        return self.haircuts[code]


def found_house(
    *, maker: User, checker: User, now: datetime, codes: set[str] | None = None
) -> House:
    """
    Enter the entity with what it may offer, the texts that clients accept, the accepted assets,
    their haircuts, the margin terms, the benchmark and the sizes above which a higher hand
    decides, from `now` on.

    `codes` keeps only those assets (with the currencies). Asking twice adds nothing.
    """
    wanted = [
        a for a in (*ASSETS, *SHARES) if codes is None or a.kind == Kind.CASH or a.code in codes
    ]
    assets = {a.code: _asset(a) for a in wanted}
    for asset in assets.values():
        if not asset.haircuts.exists():
            lending, liquidation, frr = CASH_HAIRCUTS.get(asset.code) or HAIRCUTS[asset.kind]
            Haircut.objects.create(
                asset=asset,
                lending=Decimal(lending),
                liquidation=Decimal(liquidation),
                frr=Decimal(frr),
                effective_at=now,
                reason=REASON,
                maker=maker,
                checker=checker,
            )
    for currency, rate in (("HKD", "0.0425"), ("USD", "0.0475")):
        BenchmarkRate.objects.get_or_create(
            currency=currency,
            from_date=date(2015, 1, 1),
            defaults={
                "rate": Decimal(rate),
                "source": REASON,
                "maker": maker,
                "checker": checker,
            },
        )
    _entity(maker=maker, checker=checker, now=now)
    found_disclosures(maker=maker, checker=checker, now=now)
    _places(maker=maker, checker=checker, now=now)
    haircuts = {
        haircut.asset.code: haircut
        for haircut in Haircut.objects.in_force(at=now).select_related("asset")
    }
    return House(assets, haircuts, _terms(maker=maker, checker=checker, now=now))


def _entity(*, maker: User, checker: User, now: datetime) -> None:
    """VA financing and the rest are off until switched on; this house opens with them notified."""
    entity, is_new = LegalEntity.objects.get_or_create(
        licence="ZZZ999", defaults={"name": "Harbour Securities"}
    )
    if not is_new:
        return
    ProductSwitch.objects.bulk_create(
        ProductSwitch(
            entity=entity,
            feature=feature,
            on=True,
            notification="Opening notification",
            notified_date=now.date(),
            conditions=dict.fromkeys(VA_FINANCING_CONDITIONS, REASON)
            if feature == Feature.VA_FINANCING
            else {},
            effective_at=now,
            reason=REASON,
            maker=maker,
            checker=checker,
        )
        for feature in OPEN_FEATURES
    )
    ApprovalSize.objects.create(
        command="credit_limit",
        amount=CREDIT_LIMIT_SIZE,
        effective_at=now,
        reason=REASON,
        maker=maker,
        checker=checker,
    )


def _places(*, maker: User, checker: User, now: datetime) -> None:
    for code, kind, name, number, days, keeps in PLACES:
        place, is_new = CustodyPlace.objects.get_or_create(
            code=code, defaults={"kind": kind, "name": name}
        )
        if is_new:
            PlaceLicence.objects.create(
                place=place,
                number=number,
                expires_on=days and now.date() + timedelta(days=days),
                keeps=keeps,
                effective_at=now,
                reason=REASON,
                maker=maker,
                checker=checker,
            )


def _asset(described: _Asset) -> Asset:
    asset, _ = Asset.objects.get_or_create(
        code=described.code,
        defaults={
            "name": described.name,
            "name_chinese": described.chinese,
            "kind": described.kind,
            "step": Decimal(described.step),
            "lot": Decimal(described.lot),
            "issuer": described.issuer,
            "sector": described.sector,
            "tier": described.tier,
            "market": Market.XHKG if described.kind == Kind.SHARE else Market.ROUND_THE_CLOCK,
            "marginable": True,
        },
    )
    return asset


def _terms(*, maker: User, checker: User, now: datetime) -> MarginTerms:
    stored = MarginTerms.objects.order_by("pk").first()
    if stored:
        return stored
    terms = MarginTerms.objects.create(
        name="House terms",
        cure_window=timedelta(hours=24),
        accelerated_window=timedelta(hours=4),
        renewed_window=timedelta(hours=1),
        hard_confirm=timedelta(seconds=20),
        effective_at=now,
        reason=REASON,
        maker=maker,
        checker=checker,
    )
    terms.refresh_from_db()
    return terms
