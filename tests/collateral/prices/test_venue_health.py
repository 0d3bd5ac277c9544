"""The health of venues, the troubles of prices, and the alarm that goes with both."""

from datetime import timedelta

import pytest

from broker.notices.alarms import announce_incidents
from broker.notices.notice import Notice
from collateral.prices.incident import PriceIncident
from collateral.prices.listen import listen
from collateral.prices.price import Price
from collateral.prices.stops import Act
from collateral.prices.venue_health import STOPS, Health, VenueHealth, venue_stop
from onboarding.users import Role
from tests.factories import NOON, house, staff
from tests.factories.prices import VENUES, SaidFeed
from tests.proofs import refused

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
ROUND = 5
WELL = dict.fromkeys(VENUES, "525000")


@pytest.fixture(autouse=True)
def _the_house(db):
    house()


def hear(btc, *, until, eth=None, begin=0, step=ROUND):
    """A round every `step` seconds from `begin` up to `until`, both included."""
    for seconds in range(begin, until + 1, step):
        feed = SaidFeed({"BTC": btc} | ({"ETH": eth} if eth else {}))
        listen(feed, now=NOON + seconds * SECOND)
    return until


def health(venue="hashkey"):
    return VenueHealth.objects.get(venue=venue).state


def silent(*venues):
    return WELL | dict.fromkeys(venues, "no answer within 2.5 s")


def open_troubles():
    return {(each.trouble, each.subject) for each in PriceIncident.objects.filter(closed_at=None)}


@pytest.mark.rule("VAF-12")
def test_a_silent_platform_is_degraded_then_down_and_well_after_a_while():
    hear(WELL, until=0)
    assert health() == Health.NORMAL
    hear(silent("hashkey"), begin=5, until=30)
    assert health() == Health.NORMAL
    hear(silent("hashkey"), begin=35, until=60)
    assert health() == Health.DEGRADED
    hear(silent("hashkey"), begin=65, until=65)
    assert health() == Health.DOWN
    hear(WELL, begin=70, until=125)
    assert health() == Health.DOWN
    hear(WELL, begin=130, until=130)
    assert health() == Health.NORMAL

    row = VenueHealth.objects.get(venue="hashkey")
    assert [move.step for move in row.moves.order_by("pk")] == ["degrade", "fall", "recover"]
    assert "no answer within" in row.moves.order_by("pk").first().reason
    assert health("osl") == Health.NORMAL


def test_a_hiccup_is_no_trouble():
    hear(silent("hashkey"), until=25)
    hear(WELL, begin=30, until=30)
    hear(silent("hashkey"), begin=35, until=60)

    assert health() == Health.NORMAL


def test_a_platform_that_answers_in_part_is_degraded_and_not_down():
    partly = dict.fromkeys(VENUES, "18000") | {"hashkey": "HTTP 500"}
    hear(WELL, eth=partly, until=600, step=60)

    assert health() == Health.DEGRADED
    assert VenueHealth.objects.get(venue="hashkey").why == "ETH: HTTP 500"


def test_from_silence_to_answers_in_part():
    hear(silent("hashkey"), eth=dict.fromkeys(VENUES, "HTTP 500"), until=90, step=15)
    assert health() == Health.DOWN
    partly = dict.fromkeys(VENUES, "18000") | {"hashkey": "HTTP 500"}
    hear(WELL, eth=partly, begin=100, until=160, step=20)
    assert health() == Health.DEGRADED


# Written out again: what the executing platform's state stops.
@pytest.mark.rule("VAF-12")
@pytest.mark.parametrize(
    ("state", "stops"),
    [
        (Health.NORMAL, set()),
        (Health.DEGRADED, {"purchase"}),
        (Health.DOWN, {"advance", "purchase", "release", "soft sale"}),
    ],
)
def test_what_each_state_stops(state, stops):
    assert STOPS[state] == stops
    assert Act.HARD_SALE not in STOPS[state]


def test_only_the_executing_platform_stops_anything():
    hear(silent("osl"), until=120, step=20)
    assert health("osl") == Health.DOWN
    assert venue_stop(Act.ADVANCE) is None

    hear(silent("hashkey"), begin=140, until=240, step=20)
    assert venue_stop(Act.ADVANCE) == "the trading platform is down"


@pytest.mark.rule("VAF-12")
def test_while_it_is_down_the_book_is_measured_at_the_others_price():
    until = hear(WELL, until=0)
    hear(silent("hashkey"), begin=20, until=300, step=20)

    last = Price.objects.order_by("-observed_at").first()
    assert (last.standing, last.value) == ("fallback", 525_000)
    assert last.observed_at == NOON + (until + 300) * SECOND
    assert open_troubles() == {("fallback", "BTC"), ("down", "hashkey")}


def test_an_incident_lasts_from_its_first_round_to_its_last():
    hear(silent("hashkey"), until=20)
    hear(WELL, begin=25, until=25)

    [incident] = PriceIncident.objects.filter(trouble="fallback")
    assert (incident.opened_at, incident.closed_at) == (NOON, NOON + 25 * SECOND)
    assert incident.why == "hashkey: no answer within 2.5 s"


@pytest.mark.parametrize(
    ("btc", "trouble"),
    [
        ({"hashkey": "525000", "osl": "525000"}, "thin"),
        ({"hashkey": "525000"}, "unpriced"),
        (dict.fromkeys(VENUES, "52500"), "held_back"),
        (dict.fromkeys(VENUES, "400000"), "jump"),
    ],
)
def test_each_trouble_of_a_price_is_an_incident(btc, trouble):
    if trouble in ("held_back", "jump"):
        hear(WELL, until=0)
    hear(btc, begin=5, until=5)

    assert (trouble, "BTC") in open_troubles()


def test_one_trouble_is_open_once_and_never_rewritten():
    hear(silent("hashkey"), until=10)
    incident = PriceIncident.objects.get(trouble="fallback")
    incident.pk = None
    with refused("price_incident_open_once"):
        incident.save(force_insert=True)
    with refused("collateral_priceincident_append_only"):
        PriceIncident.objects.update(why="nothing happened")


# --- The alarm -----------------------------------------------------------------------------------


@pytest.mark.rule("VAF-10")
@pytest.mark.rule("VAF-12")
def test_staff_are_alarmed_once_and_hear_when_it_is_over():
    dealer, risk = staff(Role.DEALING), staff(Role.RISK_OFFICER)
    books = staff(Role.FINANCE)
    hear(silent("hashkey"), until=70)

    def told(seconds):
        before = Notice.objects.filter(recipient__in=(dealer, risk, books)).count()
        announce_incidents(now=NOON + seconds * SECOND)
        return Notice.objects.filter(recipient__in=(dealer, risk, books)).count() - before

    assert told(70) == 4
    assert told(75) == 0
    fallback, down = Notice.objects.filter(recipient=dealer).order_by("pk")
    assert "BTC" in fallback.subject
    assert "hashkey" in down.subject
    assert "advances and purchases" in down.body
    assert Notice.objects.filter(recipient=risk).count() == 2

    hear(WELL, begin=80, until=140, step=20)
    assert told(140) == 4
    assert "over" in Notice.objects.filter(recipient=dealer).order_by("pk").last().subject
    assert told(145) == 0


def test_what_was_over_before_anybody_could_act_alarms_nobody():
    staff(Role.DEALING)
    hear(silent("hashkey"), until=10)
    announce_incidents(now=NOON + 12 * SECOND)
    hear(WELL, begin=15, until=15)
    announce_incidents(now=NOON + 60 * SECOND)

    assert not Notice.objects.exists()


@pytest.mark.parametrize("trouble", ["jump", "held_back"])
def test_what_cannot_wait_alarms_at_once(trouble):
    dealer = staff(Role.DEALING)
    hear(WELL, until=0)
    hear(dict.fromkeys(VENUES, "400000" if trouble == "jump" else "52500"), begin=5, until=5)
    announce_incidents(now=NOON + 6 * SECOND)

    assert Notice.objects.filter(recipient=dealer).count() == 1
