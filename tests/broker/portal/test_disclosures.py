"""Each text is read and accepted by itself, in either language, with where and by what."""

import re

import pytest

from onboarding.clients import Signatory
from onboarding.disclosures.acceptance import Acceptance, terms_gate
from onboarding.users import Role
from tests.broker.portal.conftest import text_of
from tests.factories import NOON, client_user, margin_account, staff
from tests.factories.terms import terms_in_force

pytestmark = pytest.mark.django_db
PAGE = "/terms/"


@pytest.fixture
def texts():
    return terms_in_force()


@pytest.fixture
def signatory(client, texts):
    account = margin_account()
    user = client_user()
    Signatory.objects.create(client=account.client, user=user)
    user.own = account.client
    client.force_login(user)
    return user


def hidden(answer) -> dict[str, str]:
    """What the form was shown with."""
    found = re.findall(
        r'type="hidden" name="(language|sha256)" value="([^"]*)"', answer.content.decode()
    )
    return dict(found)


def answer(client, text, *, number, language="en", **more):
    address = f"{PAGE}{text.pk}/?client={number}"
    shown = client.get(f"{address}&language={language}")
    return client.post(address, hidden(shown) | {"read": "yes"} | more, follow=True)


@pytest.mark.rule("JC-11", "AML-7")
def test_a_signatory_reads_and_accepts_one_after_another_until_nothing_is_left(
    client, texts, signatory
):
    client.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (a telephone)"
    client.defaults["REMOTE_ADDR"] = "203.0.113.9"
    for number, text in enumerate(texts):
        page = text_of(client.get(PAGE))
        assert f"{len(texts) - number} to read and accept" in page
        language = "zh" if number % 2 else "en"
        shown = text_of(answer(client, text, number=signatory.own.number, language=language))
        assert f"You accepted: {text.title(language)}" in shown
    assert "all accepted" in text_of(client.get(PAGE))
    assert terms_gate(signatory.own, now=NOON) is None
    kept = Acceptance.objects.filter(user=signatory).order_by("pk")
    assert [each.language for each in kept] == ["en", "zh", "en", "zh", "en"]
    assert {(each.ip, each.user_agent, each.accepted_at) for each in kept} == {
        ("203.0.113.9", "Mozilla/5.0 (a telephone)", NOON)
    }


def test_the_whole_text_is_on_the_page_with_its_fingerprint(client, texts, signatory):
    text = texts[1]
    for language in ("en", "zh"):
        page = text_of(client.get(f"{PAGE}{text.pk}/?language={language}"))
        assert text.title(language) in page
        for paragraph in text.body(language).split("\n\n"):
            assert paragraph.replace("'", "&#x27;") in page
        assert text.sha256(language) in page


def test_what_was_not_said_to_be_read_is_not_accepted(client, texts, signatory):
    shown = answer(client, texts[0], number=signatory.own.number, read="")
    assert shown.status_code == 422
    assert "have read it and agree" in text_of(shown)
    shown = answer(client, texts[0], number=signatory.own.number, sha256="0" * 64)
    assert "not the text that was shown" in text_of(shown)
    assert not Acceptance.objects.filter(user=signatory).exists()


def test_an_applicant_accepts_before_there_is_a_client(client, texts):
    user = client_user()
    client.force_login(user)
    shown = hidden(client.get(f"{PAGE}{texts[0].pk}/"))
    client.post(f"{PAGE}{texts[0].pk}/", shown | {"read": "yes"})
    assert Acceptance.objects.get(user=user).client is None


def test_nobody_accepts_for_a_client_of_others(client, texts, signatory):
    other = margin_account().client
    address = f"{PAGE}{texts[0].pk}/?client={other.number}"
    assert client.get(address).status_code == 404
    assert client.post(address, {"read": "yes"}).status_code == 404
    assert client.get(f"{PAGE}?client={other.number}").status_code == 404
    assert client.get(f"{PAGE}?client=%00").status_code == 404


def test_a_signatory_of_two_chooses(client, texts, signatory):
    other = margin_account().client
    Signatory.objects.create(client=other, user=signatory)
    assert other.name in text_of(client.get(PAGE))
    answer(client, texts[0], number=other.number)
    assert Acceptance.objects.get(user=signatory).client == other


def test_what_stands_behind_our_proxy_is_the_address_that_it_heard_from(
    client, texts, signatory, settings
):
    forged = {"HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.7"}
    client.defaults |= forged
    answer(client, texts[0], number=signatory.own.number)
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    answer(client, texts[1], number=signatory.own.number)
    client.defaults["HTTP_X_FORWARDED_FOR"] = "<script>"
    answer(client, texts[2], number=signatory.own.number)
    kept = Acceptance.objects.filter(user=signatory).order_by("pk").values_list("ip", flat=True)
    assert list(kept) == ["127.0.0.1", "203.0.113.7", None]


def test_who_may_come(client, texts):
    for address in (PAGE, f"{PAGE}{texts[0].pk}/"):
        assert client.get(address).url == f"/login/?next={address}"
    client.force_login(staff(Role.COMPLIANCE))
    assert client.get(PAGE).status_code == 404
    assert client.get(f"{PAGE}{texts[0].pk}/").status_code == 404
