"""Terms, documents and messages in a real browser: at the desk and on a phone."""

import pytest

from onboarding.disclosures.acceptance import outstanding, terms_gate
from onboarding.messages.message import Conversation, write
from onboarding.users import Role
from tests.browser.conftest import overflow_of
from tests.factories import NOON, client_user, files, manager_for, margin_account, staff
from tests.factories.terms import signatory_of, terms_in_force

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOON, tick=True)


def test_a_client_accepts_the_terms_gives_a_paper_and_writes(visit, tmp_path):
    terms_in_force()
    client = margin_account().client
    user = signatory_of(client)
    page = visit(user)
    for text in outstanding(user, client=client, now=NOON):
        page.goto("/terms/")
        page.get_by_role("link", name=text.title_en, exact=True).click()
        page.get_by_label("I have read this").check()
        page.get_by_role("button", name="Accept").click()
        page.get_by_text(f"You accepted: {text.title_en}.").wait_for()
    assert terms_gate(client, now=NOON) is None

    paper = tmp_path / "護照.pdf"
    paper.write_bytes(files.pdf())
    page.goto("/documents/")
    page.get_by_label("What it is").select_option("identity")
    page.get_by_label("The file").set_input_files(paper)
    page.get_by_role("button", name="Send").click()
    page.get_by_text("We have your file").wait_for()
    with page.expect_download() as kept:
        page.get_by_role("link", name="護照.pdf").click()
    assert kept.value.suggested_filename == "護照.pdf"
    assert kept.value.path().read_bytes() == files.pdf()

    page.goto("/messages/")
    page.get_by_label("Your message").fill("Here is my passport.")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Your message is with us").wait_for()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_each_page_fits_its_window(visit, size):
    text = terms_in_force()[0]
    account = margin_account()
    user, manager = signatory_of(account.client), manager_for(account)
    long_name = "a" * 90 + ".pdf"
    files.take_in(files.upload(files.pdf(), long_name), kind="other", by=user, now=NOON)
    talk = Conversation(account.client)
    write(talk, "x" * 300, by=user, now=NOON)
    applicant = client_user()
    write(Conversation(applicant=applicant), "May I apply?", by=applicant, now=NOON)
    visits = {
        user: ("/terms/", f"/terms/{text.pk}/?language=zh", "/documents/", "/messages/"),
        manager: ("/staff/messages/", f"/staff/messages/client/{account.client.number}/"),
        staff(Role.COMPLIANCE): ("/staff/messages/?show=all", "/staff/onboarding/document/"),
    }
    for reader, addresses in visits.items():
        page = visit(reader)
        if size == "phone":
            page.set_viewport_size(PHONE)
        for address in addresses:
            page.goto(address)
            page.wait_for_load_state("networkidle")
            assert overflow_of(page) <= 0, address
