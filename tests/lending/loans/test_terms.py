"""Nothing is drawn before the client has agreed to the terms, and a new version asks again."""

from datetime import timedelta
from decimal import Decimal

import pytest

from broker.replay.accounts import Opening, open_accounts
from lending.loans.draw import Draw, DrawRefused, draw
from onboarding.clients import Kind
from onboarding.disclosures.text import Code, Disclosure
from tests.factories import LONG_AGO, NOON, assess, confirm, give, house, price
from tests.factories.terms import agree, signatory_of

pytestmark = pytest.mark.django_db


def an_account(kind: str = Kind.PERSON):
    opening = Opening("C9", "Chan Tai Man", "MA9", Decimal(10**9), Decimal("0.03"), kind=kind)
    [account] = open_accounts([opening], house().terms, now=LONG_AGO)
    confirm([account.client])
    assess(account.client)
    give(account, {"BTC": "1"})
    price("BTC", "700000", at=NOON)
    return account


def lend(account, *, now=NOON):
    return draw(account, Decimal(1_000), key="k", now=now)


@pytest.mark.rule("JC-11")
def test_the_first_advance_waits_for_every_text():
    account = an_account()
    user = signatory_of(account.client)
    with pytest.raises(DrawRefused, match="we need your agreement to: Margin terms; Terms of"):
        lend(account)
    assert not Draw.objects.exists()
    agree(user, account.client, now=NOON, language="zh")
    lend(account)


@pytest.mark.rule("JC-11")
def test_of_joint_holders_each_agrees_before_the_first_advance():
    account = an_account(Kind.JOINT)
    first, second = signatory_of(account.client), signatory_of(account.client)
    agree(first, account.client, now=NOON)
    with pytest.raises(DrawRefused, match="from each holder"):
        lend(account)
    agree(second, account.client, now=NOON)
    lend(account)


@pytest.mark.rule("JC-11")
def test_a_new_version_stops_advances_after_its_days_of_grace():
    account = an_account()
    user = signatory_of(account.client)
    agree(user, account.client, now=NOON)
    new = Disclosure.objects.get(code=Code.VA_RISK)
    new.pk, new.version, new.effective_at = None, 2, NOON + timedelta(hours=1)
    new.save()
    last = new.effective_at + timedelta(days=30)
    price("BTC", "700000", at=last)
    with pytest.raises(DrawRefused, match="Risk disclosure: virtual assets"):
        lend(account, now=last)
    agree(user, account.client, now=last)
    lend(account, now=last)
