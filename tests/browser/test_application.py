"""
A firm with two signatories, from the empty form to the open account and the first draw.

Pictures of the way lie in docs/pictures when HARBOUR_PICTURES is set.
"""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect

from broker import env
from lending.margin.account import MarginAccount
from onboarding.applications.application import Application, State
from onboarding.disclosures.acceptance import required_of
from onboarding.users import Role
from tests.browser.conftest import overflow_of
from tests.factories import assess, give, house, price, staff
from tests.factories import confirm as prove_professional
from tests.factories.applications import lists_of_strangers
from tests.factories.files import pdf
from tests.factories.terms import terms_in_force

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
PASSWORD = "the-tide-comes-twice"
PICTURES = env.BASE_DIR / "docs" / "pictures"


@pytest.fixture(autouse=True)
def _a_house():
    house(now=timezone.now() - timedelta(days=30))
    terms_in_force(now=timezone.now() - timedelta(days=30))
    lists_of_strangers(now=timezone.now() - timedelta(days=30))


def shown(page: Page, name: str) -> None:
    """The page fits a desk and a telephone; a picture of both is taken where they are wanted."""
    for width, ending in ((DESK, ""), (PHONE, "-phone")):
        page.set_viewport_size(width)
        assert overflow_of(page) <= 0, (name, width)
        if "HARBOUR_PICTURES" in os.environ:
            page.screenshot(path=PICTURES / f"{name}{ending}.png", full_page=True)
    page.set_viewport_size(DESK)


def link_for(address: str) -> str:
    [letter] = [letter for letter in mail.outbox if letter.to == [address]]
    return re.search(r"https?://[^/]+(/\S+)", letter.body).group(1)


def a_login(page: Page, given: str, family: str) -> None:
    page.get_by_label("Given name").fill(given)
    page.get_by_label("Family name").fill(family)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def enter_person(page: Page, name: str, number: str, roles: list[str]) -> None:
    page.get_by_role("link", name="Enter a person").click()
    for role in roles:
        page.get_by_label(role, exact=True).check()
    page.get_by_label("Full name").fill(name)
    page.get_by_label("Date of birth").fill("1978-06-11")
    page.get_by_label("Nationality").select_option("HK")
    page.get_by_label("Document").select_option("hkid")
    page.get_by_label("Its number").fill(number)
    page.get_by_label("Home address").fill("12 Bowen Road, Hong Kong")
    page.get_by_role("button", name="Save").click()


def give_every_paper(page: Page, folder: Path) -> None:
    """What the page still asks for, one file after another."""
    while True:
        what = page.get_by_label("What it is").locator("option").first
        if what.get_attribute("value") == "other":
            return
        file = folder / "paper.pdf"
        file.write_bytes(pdf(what.inner_text()))
        page.get_by_label("The file").set_input_files(file)
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("is there")


def fill_in(page: Page, folder: Path) -> None:
    """The whole form of a firm with two who sign, page by page."""
    page.get_by_text("A company or partnership").click()
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="0 of 8 steps")).to_be_visible()
    page.get_by_role("link", name="Go on with").click()

    # An amount that is too small is said at its field, and is not forgotten.
    page.get_by_text("A corporation or partnership").click()
    page.get_by_label("Portfolio, HKD").fill("7,500,000")
    page.get_by_label("Total assets, HKD").fill("39,000,000")
    page.get_by_label("What can you show for it?").fill("Audited accounts of 2025")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.locator(".field.is-wrong")).to_contain_text("HKD 8,000,000 or more")
    shown(page, "application-eligibility")
    page.get_by_label("Total assets, HKD").fill("64,000,000")
    page.get_by_role("button", name="Save and go on").click()

    page.get_by_role("link", name="Enter a firm").click()
    page.get_by_label("Applicant", exact=True).check()
    page.get_by_label("Registered name").fill("Jade Pier Trading Limited")
    page.get_by_label("Date of incorporation").fill("2009-03-02")
    page.get_by_label("Place of incorporation").select_option("HK")
    page.get_by_label("Register", exact=True).select_option("company_number")
    page.get_by_label("Its number").fill("1318542")
    page.get_by_label("Registered office").fill("8 Queen's Road Central, Hong Kong")
    page.get_by_label("Principal place of business").fill("8 Queen's Road Central, Hong Kong")
    page.get_by_label("Legal form").fill("Private company limited by shares")
    page.get_by_role("button", name="Save").click()
    everything = ["Director", "Owner", "Authorised signatory"]
    enter_person(page, "Ho Mei Ling", "A123456(3)", everything)
    enter_person(page, "Ho Wing Tak", "G123456(A)", everything)
    shown(page, "application-people")
    page.get_by_role("link", name="Go on", exact=True).click()

    page.get_by_label("Ho Mei Ling").fill("70")
    page.get_by_label("Ho Wing Tak").fill("40")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("alert")).to_contain_text("More than 100%")
    page.get_by_label("Ho Mei Ling").fill("60")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("link", name="Ownership").click()
    expect(page.get_by_role("row", name="Ho Wing Tak")).to_contain_text("40%")
    shown(page, "application-ownership")
    page.get_by_role("button", name="Save and go on").click()

    page.get_by_label("What do you want the account for?").fill("Our own dealing in bitcoin.")
    page.get_by_label("What would you borrow for?").select_option("va")
    page.get_by_label("How much do you expect to borrow").fill("4,000,000")
    page.get_by_label("How much would you trade").fill("20,000,000")
    page.get_by_label("Which assets would you bring").fill("Bitcoin, from our platform account.")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_label("How did you come to what you own?").fill("Trading profits since 2009.")
    page.get_by_label("Where does the money").fill("HSBC Hong Kong, in our own name.")
    page.get_by_label("Net worth, HKD").fill("60,000,000")
    page.get_by_label("Of it in cash and listed").fill("25,000,000")
    page.get_by_label("Of it in virtual assets").fill("9,000,000")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_label("How many sign together?").select_option("2")
    page.get_by_label("Date of the resolution").fill("2026-02-02")
    page.get_by_label("What gives them the power").fill("Board resolution of 2 February 2026")
    page.get_by_role("button", name="Save and go on").click()

    page.get_by_role("button", name="This is me: Ho Mei Ling").click()
    page.get_by_label("E-mail address of Ho Wing Tak").fill("tak@jadepier.test")
    page.get_by_role("button", name="Invite Ho Wing Tak").click()
    expect(page.get_by_role("status")).to_contain_text("on its way to tak@jadepier.test")
    shown(page, "application-signers")

    page.locator(".steps").get_by_role("link", name="Documents").click()
    give_every_paper(page, folder)
    shown(page, "application-documents")


def accept_terms(page: Page) -> None:
    """Each text is opened, read and accepted by itself."""
    page.goto("/terms/")
    for title in [text.title_en for text in required_of(now=timezone.now())]:
        page.get_by_role("link", name=title, exact=True).click()
        page.get_by_label("I have read this").check()
        page.get_by_role("button", name="Accept").click()
        page.get_by_text(f"You accepted: {title}.").wait_for()
        page.goto("/terms/")
    expect(page.get_by_text("all accepted")).to_be_visible()


def confirm(page: Page) -> None:
    page.get_by_label("I have read all of it.").check()
    page.get_by_role("button", name=re.compile("^Confirm")).click()


def decide(visit, command: str, by, decided_by, application: Application, **fields) -> None:
    """Proposed by one and approved by another, each in a window of their own."""
    page = visit(by)
    page.goto(f"/staff/applications/{application.number}/")
    page.get_by_role("link", name=command).click()
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " "), exact=False).first.fill(value)
    page.get_by_label("Why").fill("All is there and agrees.")
    page.get_by_role("button", name="See what would change").click()
    page.get_by_role("button", name="Propose").click()
    page = visit(decided_by)
    page.goto("/staff/approvals/")
    page.locator(".hb-inbox a").first.click()
    page.get_by_label("Reason").fill("Agreed.")
    page.get_by_role("button", name="Approve and apply").click()
    expect(page.get_by_text("was approved and applied")).to_be_visible()


def record_every_check(page: Page) -> None:
    page.get_by_text("Record a check").click()
    for value in [
        option.get_attribute("value")
        for option in page.get_by_label("Check", exact=True).locator("option").all()
    ]:
        if not page.get_by_label("Check", exact=True).is_visible():
            page.get_by_text("Record a check").click()
        page.get_by_label("Check", exact=True).select_option(value)
        page.get_by_label("Evidence").fill("Certified copy and register extract of today.")
        page.get_by_label("Why it passes").fill("It agrees with what was told.")
        page.get_by_role("button", name="Record it").click()
        expect(page.get_by_text(": passed.")).to_be_visible()


@pytest.mark.rule("AML-1", "VAF-3")
def test_a_firm_of_two_signatories_from_the_empty_form_to_the_first_draw(visit, tmp_path):
    mei = visit()
    mei.goto("/login/")
    mei.get_by_role("link", name="Begin an application").click()
    mei.get_by_label("Your e-mail address").fill("mei@jadepier.test")
    shown(mei, "application-sign-up")
    mei.get_by_role("button", name="Send me the link").click()
    expect(mei.get_by_role("heading", name="Look into your mail")).to_be_visible()
    mei.goto(link_for("mei@jadepier.test"))
    a_login(mei, "Mei Ling", "Ho")
    fill_in(mei, tmp_path)
    mei.get_by_role("link", name="Confirm and send").click()
    expect(mei.get_by_text("1 more of those who sign needs a login")).to_be_visible()

    tak = visit()
    tak.goto(link_for("tak@jadepier.test"))
    shown(tak, "application-invitation")
    a_login(tak, "Wing Tak", "Ho")
    mei.reload()
    confirm(mei)
    expect(mei.get_by_role("status")).to_contain_text("when the others who sign have confirmed")
    assert Application.objects.get().state == State.DRAFT
    shown(mei, "application-progress")
    tak.goto("/applications/")
    tak.get_by_role("link", name="AP0").click()
    tak.get_by_role("link", name="Read it and confirm").click()
    shown(tak, "application-confirm")
    confirm(tak)
    expect(tak.get_by_role("status")).to_contain_text("It is with us now.")
    application = Application.objects.get()
    assert application.state == State.SUBMITTED
    for page in (mei, tak):
        accept_terms(page)

    officer_login, manager = staff(Role.ONBOARDING_OFFICER), staff(Role.RM)
    officer = visit(officer_login)
    officer.goto("/staff/applications/")
    shown(officer, "applications-pipeline")
    officer.get_by_role("link", name=application.number).click()
    officer.get_by_role("button", name="Take it into review").click()
    officer.get_by_text("Ask the applicant").click()
    officer.get_by_label("1. What you ask").fill("Which platform holds the bitcoin today?")
    officer.get_by_role("button", name="Ask", exact=True).click()

    mei.goto(f"/applications/{application.number}/")
    mei.get_by_label("Your answer").fill("A licensed platform in Hong Kong, in our own name.")
    shown(mei, "application-asked")
    mei.get_by_role("button", name="Answer", exact=True).click()
    expect(mei.get_by_role("status")).to_contain_text("we have your answer")

    officer.reload()
    expect(officer.get_by_text("A licensed platform in Hong Kong")).to_be_visible()
    officer.get_by_label("Relationship manager").select_option(manager.username)
    officer.get_by_role("button", name="Name", exact=True).click()
    record_every_check(officer)
    shown(officer, "application-staff")
    officer.get_by_text("Pass it to credit").click()
    officer.get_by_role("button", name="Pass to credit").click()
    expect(officer.get_by_text("It is with credit.")).to_be_visible()

    decide(
        visit,
        "Propose the credit limit",
        staff(Role.CREDIT_OFFICER),
        staff(Role.CREDIT_OFFICER),
        application,
        First_credit_limit="4000000",
        Spread="3.5",
        Reviewed_by=f"{timezone.localdate() + timedelta(days=300)}",
        Written_assessment="Liquid net worth covers the stressed shortfall twice.",
    )
    decide(
        visit,
        "Propose to open the account",
        officer_login,
        staff(Role.COMPLIANCE),
        application,
    )

    # What comes between the account and money, on pages with stories of their own: evidence of
    # the status and knowledge (test_investors.py), means assessed (test_staff_pages.py).
    account = MarginAccount.objects.get()
    now = timezone.now()
    mei.goto("/")
    mei.wait_for_load_state("networkidle")
    mei.get_by_role("link", name="Draw").first.click()
    expect(mei.get_by_role("heading", name="Nothing can be drawn now")).to_be_visible()
    prove_professional([account.client], now=now)
    assess(account.client, now=now)
    give(account, {"BTC": "2"}, now=now)
    price("BTC", "700000", at=now, fresh=timedelta(hours=1))
    mei.goto("/")
    mei.wait_for_load_state("networkidle")
    assert mei.url.endswith(f"/accounts/{account.number}/")
    mei.get_by_role("link", name="Draw").first.click()
    mei.get_by_role("textbox", name="Amount").fill("300,000")
    mei.get_by_role("button", name="Continue").click()
    mei.get_by_role("button", name="Draw HKD 300,000.00").click()
    expect(mei.get_by_role("status")).to_contain_text("HKD 300,000.00 is drawn")
    assert MarginAccount.objects.get().subledger.owed == 300_000
    shown(mei, "application-first-draw")
