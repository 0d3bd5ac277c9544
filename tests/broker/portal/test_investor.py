"""The client's own status, and the test: what ends when, what to bring, one paper marked once."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from broker.notices.notice import Notice
from broker.notices.tell import tell
from lending.loans.draw import DrawRefused, draw
from onboarding.clients import Service
from onboarding.investors.knowledge import Attempt
from onboarding.investors.questions import Question, found_questions
from onboarding.investors.renew import expire_due, remind_due
from onboarding.payloads import today
from onboarding.users import Role
from tests.factories import NOON, client_user, confirm, margin_account, price, staff
from tests.factories.investors import a_client, confirmed, signatory_of

pytestmark = pytest.mark.django_db
TODAY = today(NOON)
DAY = timedelta(days=1)


def status_page(person) -> str:
    return reverse("portal:investor", args=[person.number])


def paper_page(person) -> str:
    return reverse("portal:knowledge", args=[person.number])


def text_of(response) -> str:
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", words)


@pytest.fixture
def person(db):
    found_questions(maker=staff(Role.COMPLIANCE), checker=staff(Role.COMPLIANCE), now=NOON)
    return a_client()


@pytest.fixture
def signer(client, person):
    user = signatory_of(person)
    client.force_login(user)
    return user


def right_answers(paper: Attempt, *, wrong: int = 0) -> dict:
    asked = Question.objects.in_bulk(paper.questions)
    given = {"paper": paper.pk}
    for place, pk in enumerate(paper.questions):
        choice = asked[pk].right if place >= wrong else (asked[pk].right + 1) % 4
        given[f"question-{pk}"] = choice
    return given


def begun(client, person, **fields) -> Attempt:
    client.post(paper_page(person), {"begin": "yes"} | fields)
    return Attempt.objects.latest("pk")


class TestStatus:
    @pytest.mark.rule("PI-9")
    def test_it_says_until_when_on_what_and_what_to_bring(self, client, person, signer):
        assert "you are not confirmed as one" in text_of(client.get(status_page(person)))
        status = confirmed(person)

        shown = text_of(client.get(status_page(person)))

        assert "4 Feb 2027" in shown
        assert "Statement of a custodian, A bank" in shown
        assert "less than 12 months old" in shown
        assert "A portfolio of HKD 8,000,000.00 or more" in shown
        assert status.until_date.isoformat() == "2027-02-04"

    def test_it_warns_when_the_end_is_near_and_says_when_it_is_over(
        self, client, person, signer, clock
    ):
        status = confirmed(person)
        clock.move_to(NOON + (status.until_date - TODAY) - 60 * DAY, tick=False)
        client.force_login(signer)
        assert "Ends soon" in text_of(client.get(status_page(person)))
        clock.move_to(NOON + (status.until_date - TODAY), tick=False)
        client.force_login(signer)
        assert "has expired" in text_of(client.get(status_page(person)))

    def test_a_strangers_status_is_not_there(self, client, person, signer):
        other = a_client()
        for path in (status_page(other), paper_page(other)):
            assert client.get(path).status_code == 404
        assert client.post(paper_page(other), {"begin": "yes"}).status_code == 404
        assert not Attempt.objects.exists()

    def test_nothing_on_it_can_be_posted(self, client, person, signer):
        assert client.post(status_page(person), {"state": "confirmed"}).status_code == 405


class TestTaking:
    @pytest.mark.rule("JC-1")
    def test_one_form_marked_by_the_server_and_explained(self, client, person, signer):
        assert "Begin the test" in text_of(client.get(paper_page(person)))
        paper = begun(client, person)
        form = client.get(paper_page(person)).content.decode()
        assert form.count("<fieldset") == 10
        assert "<script>" not in form

        answer = client.post(paper_page(person), right_answers(paper, wrong=1), follow=True)

        assert "9 of 10 were right; 8 were needed" in text_of(answer)
        assert "Passed" in text_of(answer)
        first = Question.objects.get(pk=paper.questions[0])
        assert first.worded("en").why[:20] in answer.content.decode().replace("&#x27;", "'")
        assert "Shown" in text_of(client.get(status_page(person)))
        assert "Begin the test" not in text_of(client.get(paper_page(person)))

    def test_the_paper_does_not_say_what_is_right(self, client, person, signer):
        paper = begun(client, person)
        shown = client.get(paper_page(person)).content.decode()

        for pk in paper.questions:
            values = re.findall(rf'name="question-{pk}" value="(\d)"([^>]*)>', shown)
            assert [value for value, _ in values] == ["0", "1", "2", "3"]
            assert len({rest for _, rest in values}) == 1

    @pytest.mark.rule("JC-1")
    def test_handing_in_twice_changes_nothing(self, client, person, signer):
        paper = begun(client, person)
        client.post(paper_page(person), right_answers(paper, wrong=9))

        again = client.post(paper_page(person), right_answers(paper), follow=True)

        assert "answered before" in text_of(again)
        assert Attempt.objects.get().score == 1

    def test_a_paper_with_a_question_left_out_is_shown_again_with_what_was_said(
        self, client, person, signer
    ):
        paper = begun(client, person)
        given = right_answers(paper)
        del given[f"question-{paper.questions[3]}"]

        answer = client.post(paper_page(person), given)

        assert "Answer every question." in text_of(answer)
        assert answer.content.decode().count(" checked") == 9
        assert Attempt.objects.get().finished_at is None

    @pytest.mark.parametrize("value", ["9", "-1", "x", "", "0' OR 1=1", "99999999999999999999"])
    def test_an_answer_that_is_none_marks_nothing(self, client, person, signer, value):
        paper = begun(client, person)
        given = right_answers(paper) | {f"question-{paper.questions[0]}": value}

        assert client.post(paper_page(person), given).status_code in (200, 302)
        assert Attempt.objects.get().finished_at is None

    @pytest.mark.parametrize("value", ["0", "x", "", "99999999999999999999"])
    def test_a_paper_that_is_not_there(self, client, person, signer, value):
        answer = client.post(paper_page(person), {"paper": value}, follow=True)

        assert "no such paper" in text_of(answer)

    def test_somebody_elses_paper_is_not_there(self, client, person, signer):
        paper = begun(client, person)
        other = signatory_of(person)
        client.force_login(other)

        answer = client.post(paper_page(person), right_answers(paper), follow=True)

        assert "no such paper" in text_of(answer)
        assert Attempt.objects.get().finished_at is None

    def test_in_chinese(self, client, person, signer):
        paper = begun(client, person, language="zh")
        question = Question.objects.get(pk=paper.questions[0])

        assert question.worded("zh").text in client.get(paper_page(person)).content.decode()
        english = client.get(paper_page(person), {"language": "en"}).content.decode()
        assert question.worded("zh").text not in english

    @pytest.mark.rule("JC-1")
    def test_after_three_failures_there_is_a_pause(self, client, person, signer):
        for _ in range(3):
            paper = begun(client, person)
            client.post(paper_page(person), right_answers(paper, wrong=10))

        assert "A pause" in text_of(client.get(paper_page(person)))
        assert "failed several times" in text_of(
            client.post(paper_page(person), {"begin": "yes"}, follow=True)
        )


class TestLending:
    """Nothing new is lent to who is retail, or to who does not know what is lent against."""

    @pytest.mark.rule("PI-9")
    def test_a_retail_person_draws_nothing_by_function_or_page(self, client):
        account = margin_account(pledged={"BTC": "1"}, professional=False)
        price("BTC", "700000", at=NOON)
        user = client_user(account)
        client.force_login(user)

        with pytest.raises(DrawRefused, match="professional investors only"):
            draw(account, Decimal(1000), key="a", by=user, now=NOON)
        page = client.get(reverse("portal:draw", args=[account.number]))
        assert "professional investors only" in text_of(page)
        confirm([account.client], now=NOON)
        assert draw(account, Decimal(1000), key="b", by=user, now=NOON)

    @pytest.mark.rule("PI-9")
    def test_from_the_day_it_expires_nothing_new_is_lent(self):
        account = margin_account(pledged={"BTC": "1"})
        [status] = account.client.investor_statuses.all()
        last = NOON + (status.until_date - TODAY) - DAY
        price("BTC", "700000", at=last, fresh=2 * DAY)
        draw(account, Decimal(1000), key="a", now=last)

        with pytest.raises(DrawRefused, match="expired"):
            draw(account, Decimal(1000), key="b", now=last + DAY)

    @pytest.mark.rule("JC-1")
    def test_a_professional_who_never_took_the_test_draws_nothing(self):
        account = margin_account(pledged={"BTC": "1"}, professional=False)
        price("BTC", "700000", at=NOON)
        Service.objects.create(client=account.client, manager=staff(Role.RM), from_date=TODAY - DAY)
        confirmed(account.client)

        with pytest.raises(DrawRefused, match="knowledge test"):
            draw(account, Decimal(1000), key="a", now=NOON)


@pytest.mark.rule("PI-9")
def test_the_client_and_the_manager_are_told_once_of_each_step(person, signer):
    status = confirmed(person)
    near = NOON + (status.until_date - TODAY) - 7 * DAY
    for at in (near, near + timedelta(hours=1)):
        remind_due(now=at)
        tell(now=at)
    expire_due(now=near + 7 * DAY)
    tell(now=near + 7 * DAY)

    own = Notice.objects.filter(client=person, is_copy=False).order_by("pk")
    assert [notice.occasion for notice in own] == [
        "investor/confirm",
        "investor/remind",
        "investor/lapse",
    ]
    assert "4 Feb 2027" in own[1].subject
    assert Notice.objects.filter(client=person, is_copy=True).count() == 3
