"""An applicant's own pages: signing up, filling in, inviting, confirming; what is not theirs."""

import re

import pytest
from django.core import mail
from django.test import Client as Browser

from onboarding.applications.application import Application, State
from onboarding.users import User
from tests.factories import client_user
from tests.factories.applications import (
    MANDATE,
    PROFESSIONAL,
    PURPOSE,
    WEALTH,
    complete,
    draft,
    firm,
    person,
)
from tests.factories.files import pdf, upload

pytestmark = pytest.mark.django_db
PASSWORD = "the-tide-comes-twice"


def link_in(letter) -> str:
    return re.search(r"https?://[^/]+(/\S+)", letter.body).group(1)


def signed_up(email: str = "mei@example.test") -> Browser:
    """Somebody who signed up by the pages, from the address to the first page."""
    browser = Browser()
    assert browser.post("/apply/", {"email": email}).url == "/apply/sent/"
    told = {"given": "Mei", "family": "Ho", "password": PASSWORD}
    assert browser.post(link_in(mail.outbox[-1]), told).url == "/applications/"
    return browser


class Wizard:
    """The pages of one application, as a browser fills them in."""

    def __init__(self, browser: Browser, kind: str):
        self.browser = browser
        self.at = browser.post("/applications/", {"kind": kind}).url

    def send(self, page: str, told: dict):
        """Fill the form in upon the version that the page shows."""
        shown = self.browser.get(f"{self.at}{page}")
        assert shown.status_code == 200
        version = re.search(r'name="version" value="(\d+)"', shown.content.decode())
        answer = self.browser.post(
            f"{self.at}{page}", told | ({"version": version.group(1)} if version else {})
        )
        assert answer.status_code == 302, re.findall(
            r'class="wrong"[^>]*>([^<]+)', answer.content.decode()
        )
        return self.browser.get(answer.url).content.decode()

    def party(self, told: dict):
        nature = "firm" if "legal_form" in told else "person"
        self.send(f"parties/new/{nature}/", told)
        return self.row.parties.latest("pk")

    def papers(self):
        """Every file that the page asks for, one after another."""
        while True:
            page = self.browser.get(f"{self.at}documents/").content.decode()
            what = re.search(r'<option value="([a-z_]+:\d*)">(?!Another)', page)
            if what is None:
                return
            file = upload(pdf(what.group(1)), "paper.pdf")
            self.send("documents/", {"what": what.group(1), "file": file})

    def confirm(self):
        page = self.browser.get(f"{self.at}confirm/").content.decode()
        edition = re.search(r'name="edition" value="(\d+)"', page).group(1)
        return self.browser.post(
            f"{self.at}confirm/", {"edition": edition, "declared": "yes"}, follow=True
        ).content.decode()

    @property
    def row(self) -> Application:
        return Application.objects.get(number=self.at.split("/")[2])


def tell_the_plain_forms(wizard: Wizard):
    wizard.send("eligibility/", PROFESSIONAL[wizard.row.kind])
    wizard.send("purpose/", PURPOSE)
    wizard.send("wealth/", WEALTH)


def test_a_person_goes_from_the_first_page_to_a_sent_application():
    wizard = Wizard(signed_up(), "person")
    mei = wizard.party(person("Ho Mei Ling"))
    tell_the_plain_forms(wizard)
    wizard.send("people/", {"party": mei.pk, "act": "me"})
    assert "Missing" in wizard.browser.get(wizard.at).content.decode()
    wizard.papers()

    page = wizard.confirm()

    assert "It is with us now." in page
    assert wizard.row.state == State.SUBMITTED


def test_joint_persons_each_confirm_with_a_login_of_their_own():
    wizard = Wizard(signed_up(), "joint")
    mei, tak = wizard.party(person("Ho Mei Ling")), wizard.party(person("Ho Wing Tak"))
    tell_the_plain_forms(wizard)
    wizard.send("people/", {"party": mei.pk, "act": "me"})
    wizard.send("people/", {"party": tak.pk, "act": "invite", "email": "tak@example.test"})
    wizard.papers()
    other = Browser()
    told = {"given": "Wing Tak", "family": "Ho", "password": PASSWORD}
    assert other.post(link_in(mail.outbox[-1]), told).url == wizard.at

    assert "when the others who sign have confirmed" in wizard.confirm()
    assert wizard.row.state == State.DRAFT
    wizard.browser = other
    assert "It is with us now." in wizard.confirm()
    assert wizard.row.state == State.SUBMITTED


def test_a_trust_is_told_with_its_trustee_settlor_and_beneficiary():
    wizard = Wizard(signed_up(), "trust")
    wizard.party(firm("Ho Family Trust", legal_form="Trust, Hong Kong law"))
    trustee = wizard.party(person("Lam Siu Wai", roles=["trustee", "signatory"]))
    wizard.party(person("Ho Mei Ling", roles=["settlor", "beneficiary"]))
    tell_the_plain_forms(wizard)
    wizard.send("mandate/", MANDATE | {"signatures": "1"})
    wizard.send("people/", {"party": trustee.pk, "act": "me"})
    wizard.papers()

    assert "It is with us now." in wizard.confirm()


def test_a_retail_applicant_is_told_so_at_the_first_form_and_gets_no_further():
    wizard = Wizard(signed_up(), "person")
    for told in ({"category": "retail"}, {"category": "individual", "portfolio": "7,999,999.99"}):
        page = wizard.browser.post(f"{wizard.at}eligibility/", told | {"evidence": "x"})
        assert page.status_code == 200
        assert "professional investor" in page.content.decode()
    wizard.browser.post(f"{wizard.at}confirm/", {"edition": "1", "declared": "yes"})
    assert wizard.row.state == State.DRAFT


# --- Signing up ----------------------------------------------------------------------------------


def test_the_page_says_the_same_of_an_address_that_has_a_login():
    known = client_user()
    User.objects.filter(pk=known.pk).update(email="known@example.test")
    browser = Browser()
    answers = []
    for address in ("known@example.test", "KNOWN@example.test", "new@example.test"):
        answer = browser.post("/apply/", {"email": address})
        answers.append((answer.status_code, answer.url))

    assert len(set(answers)) == 1
    assert [letter.to[0] for letter in mail.outbox][-1] == "new@example.test"
    assert "/login/" in mail.outbox[0].body
    assert "/apply/" in mail.outbox[2].body


def test_a_link_makes_one_login_and_looking_at_it_uses_nothing_up():
    browser = Browser()
    browser.post("/apply/", {"email": "mei@example.test"})
    link = link_in(mail.outbox[0])
    for _ in range(3):
        assert browser.get(link).status_code == 200
    told = {"given": "Mei", "family": "Ho", "password": PASSWORD}
    assert browser.post(link, told).status_code == 302

    assert Browser().get(link).status_code == 404
    assert Browser().post(link, told).status_code == 404
    assert User.objects.filter(email="mei@example.test").count() == 1


def test_a_weak_password_is_refused_at_its_field_and_the_link_still_holds():
    browser = Browser()
    browser.post("/apply/", {"email": "mei@example.test"})
    link = link_in(mail.outbox[0])
    told = {"given": "Mei", "family": "Ho", "password": "password1234"}

    assert "too common" in browser.post(link, told).content.decode()
    assert browser.post(link, told | {"password": PASSWORD}).status_code == 302


def test_letters_are_counted_by_address_and_by_place():
    browser = Browser()
    sent = [browser.post("/apply/", {"email": f"n{n}@example.test"}).status_code for n in range(6)]

    assert sent == [302] * 5 + [200]
    assert len(mail.outbox) == 5


# --- What is not theirs --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        "",
        "confirm/",
        "documents/",
        "eligibility/",
        "ownership/",
        "parties/",
        "parties/new/person/",
        "people/",
        "withdraw/",
    ],
)
def test_somebody_elses_application_is_not_there(client, page):
    application = draft("corporate")
    client.force_login(client_user())

    assert client.get(f"/applications/{application.number}/{page}").status_code == 404
    if page not in ("", "parties/"):
        assert client.post(f"/applications/{application.number}/{page}").status_code == 404


def test_every_page_of_the_wizard_shows_itself_to_its_applicant(client):
    for kind in ("corporate", "institution", "joint", "person", "trust"):
        application = complete(kind)
        client.force_login(application.started_by)
        at = f"/applications/{application.number}/"
        parties = [f"parties/{party.pk}/" for party in application.parties.all()]
        pages = ["", "confirm/", "documents/", "parties/", "people/", "purpose/", *parties]
        if kind == "corporate":
            pages.append("ownership/")
        for page in pages:
            assert client.get(f"{at}{page}").status_code == 200, page


def test_who_saved_first_is_not_overwritten_by_who_saw_less(client):
    application = complete("person")
    client.force_login(application.started_by)
    at = f"/applications/{application.number}/purpose/"
    first = PURPOSE | {"purpose": "The first.", "version": "1"}
    late = PURPOSE | {"purpose": "The late one.", "version": "1"}

    assert client.post(at, first).status_code == 302
    assert client.post(at, first).status_code == 302  # The button pressed twice.
    page = client.post(at, late, follow=True).content.decode()

    assert "Somebody else changed this page" in page
    assert "The first." in page
    assert application.told.filter(step="purpose").count() == 2
