"""The VA knowledge test: a random paper, marked once by the server, or training in its place."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from onboarding.approvals import Invalid, propose
from onboarding.clients import Kind
from onboarding.investors import knowledge, questions
from onboarding.investors.exemptions import knowledge_gate
from onboarding.investors.knowledge import Attempt, PaperRefused, answer, marked, start
from onboarding.investors.questions import Question, found_questions
from onboarding.payloads import today
from onboarding.users import Role
from tests.factories import NOON, staff
from tests.factories.investors import a_client, agree, manager_of, signatory_of
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db
TODAY = today(NOON)
DAY = timedelta(days=1)


@pytest.fixture
def bank(db):
    return found_questions(maker=staff(Role.COMPLIANCE), checker=staff(Role.COMPLIANCE), now=NOON)


@pytest.fixture
def person(bank):
    return a_client()


@pytest.fixture
def user(person):
    return signatory_of(person)


def begun(person, user, *, now=NOON, language="en") -> Attempt:
    return start(person, by=user, language=language, now=now)


def answers(paper, *, wrong: int = 0) -> dict[int, int]:
    """All right but for the first `wrong` questions."""
    asked = Question.objects.in_bulk(paper.questions)
    right = {pk: asked[pk].right for pk in paper.questions}
    return {
        pk: (choice + 1) % 4 if place < wrong else choice
        for place, (pk, choice) in enumerate(right.items())
    }


def taken(person, user, *, wrong=0, now=NOON) -> Attempt:
    paper = begun(person, user, now=now)
    return answer(paper, answers(paper, wrong=wrong), by=user, now=now)


class TestBank:
    def test_twenty_questions_each_with_four_choices_in_two_languages(self, bank):
        assert len(bank) == 20
        for question in bank:
            english, chinese = question.worded("en"), question.worded("zh")
            for words in (english, chinese):
                assert len(set(words.choices)) == 4
                assert all([words.text, words.why, *words.choices])
            assert english.text != chinese.text
            assert question.right in range(4)
        places = {question.right for question in bank}
        assert places == {0, 1, 2, 3}

    def test_founding_twice_adds_nothing_and_rows_are_never_edited(self, bank):
        again = found_questions(maker=bank[0].maker, checker=bank[0].checker, now=NOON + DAY)
        assert again == bank
        with refused("onboarding_question_append_only"):
            Question.objects.update(right=1)

    def test_compliance_loads_it_and_the_responsible_officer_agrees(self):
        payload = {"bank": "2026-1"}
        row = propose("knowledge_bank", payload, by=staff(Role.COMPLIANCE), reason="new", now=NOON)
        assert not Question.objects.exists()

        agree(row, by=staff(Role.RESPONSIBLE_OFFICER))

        assert len(questions.in_force(now=NOON)) == 20
        assert questions.in_force(now=NOON - DAY) == []
        with pytest.raises(Invalid, match="loaded already"):
            propose("knowledge_bank", payload, by=row.maker, reason="again", now=NOON)


class TestTaking:
    @pytest.mark.rule("JC-1")
    def test_nothing_is_lent_before_the_test_is_passed_and_once_is_enough(self, person, user):
        assert "knowledge test" in knowledge_gate(person, on=TODAY)

        attempt = taken(person, user)

        assert (attempt.score, attempt.needed, attempt.passed) == (10, 8, True)
        assert knowledge_gate(person, on=TODAY) is None
        assert knowledge_gate(person, on=TODAY + 3000 * DAY) is None
        assert knowledge_gate(person, on=TODAY - DAY)

    @pytest.mark.rule("JC-1")
    @pytest.mark.parametrize(("wrong", "passed"), [(0, True), (2, True), (3, False), (10, False)])
    def test_the_pass_mark_decides(self, person, user, wrong, passed):
        attempt = taken(person, user, wrong=wrong)

        assert attempt.passed is passed
        assert (knowledge_gate(person, on=TODAY) is None) is passed

    def test_papers_are_drawn_at_random_without_repeats(self, bank):
        drawn = set()
        for _ in range(6):
            client = a_client()
            paper = begun(client, signatory_of(client))
            assert len(set(paper.questions)) == 10
            drawn.add(tuple(paper.questions))
        assert len(drawn) > 1

    def test_asking_again_gives_the_same_paper_until_it_is_answered(self, person, user):
        paper = begun(person, user)

        assert begun(person, user, now=NOON + DAY) == paper
        assert Attempt.objects.count() == 1

    def test_a_paper_is_answered_once(self, person, user):
        paper = begun(person, user)
        answer(paper, answers(paper, wrong=9), by=user, now=NOON)

        with pytest.raises(PaperRefused, match="answered before"):
            answer(paper, answers(paper), by=user, now=NOON)
        with refused("attempt_answered_once"):
            sql("UPDATE onboarding_attempt SET score = 10, passed = true")
        assert not knowledge.knows(person, on=TODAY)

    @pytest.mark.parametrize("spoil", ["missing", "text", "beyond", "negative", "nothing"])
    def test_an_answer_that_is_none_marks_nothing(self, person, user, spoil):
        paper = begun(person, user)
        given = answers(paper)
        first = paper.questions[0]
        if spoil == "missing":
            del given[first]
        elif spoil == "nothing":
            given = {}
        else:
            given[first] = {"text": "0", "beyond": 4, "negative": -1}[spoil]

        with pytest.raises(PaperRefused, match="every question"):
            answer(paper, given, by=user, now=NOON)
        assert Attempt.objects.get().finished_at is None

    def test_answers_to_questions_that_were_not_asked_count_for_nothing(self, person, user):
        paper = begun(person, user)
        others = Question.objects.exclude(pk__in=paper.questions)
        given = answers(paper, wrong=5) | {each.pk: each.right for each in others}

        assert answer(paper, given, by=user, now=NOON).score == 5

    def test_a_stranger_gets_no_paper_and_answers_none(self, person, user):
        stranger = signatory_of(a_client())
        with pytest.raises(PaperRefused, match="do not sign"):
            begun(person, stranger)
        paper = begun(person, user)
        with pytest.raises(PaperRefused, match="not yours"):
            answer(paper, answers(paper), by=stranger, now=NOON)

    @pytest.mark.rule("JC-1")
    def test_after_three_that_failed_one_waits_a_day(self, person, user):
        for hour in range(3):
            taken(person, user, wrong=10, now=NOON + timedelta(hours=hour))

        with pytest.raises(PaperRefused, match="5 Mar 2026, 12:00"):
            begun(person, user, now=NOON + timedelta(hours=3))
        assert taken(person, user, now=NOON + DAY).passed

    def test_the_result_is_explained_question_by_question(self, person, user):
        attempt = taken(person, user, wrong=1)

        explained = marked(attempt, language="zh")

        assert [each.is_right for each in explained] == [False] + [True] * 9
        assert all(each.wording.why for each in explained)
        other = signatory_of(person)
        assert marked(begun(person, other, now=NOON + DAY), language="en") == []
        with pytest.raises(PaperRefused, match="once is enough"):
            begun(person, user, now=NOON + DAY)

    def test_without_questions_there_is_no_test_and_nobody_passes(self):
        client = a_client()
        with pytest.raises(PaperRefused, match="no questions"):
            begun(client, signatory_of(client))

    @pytest.mark.rule("JC-1")
    def test_of_a_joint_client_every_signatory_must_know(self, bank):
        joint = a_client(Kind.JOINT)
        first, second = signatory_of(joint), signatory_of(joint)
        taken(joint, first)
        assert knowledge_gate(joint, on=TODAY)

        taken(joint, second)

        assert knowledge_gate(joint, on=TODAY) is None


class TestRows:
    @pytest.mark.parametrize(
        ("changed", "name"),
        [
            (
                "score = 3, passed = true, answers = '{}', finished_at = now()",
                "attempt_passed_by_its_marks",
            ),
            ("passed = true", "attempt_marked_when_answered"),
            ("score = 10", "attempt_marked_when_answered"),
            ("needed = 0", "onboarding_attempt_append_only"),
            ("questions = '[]'", "onboarding_attempt_append_only"),
        ],
    )
    def test_no_mark_is_made_up(self, person, user, changed, name):
        begun(person, user)
        with refused(name):
            sql(f"UPDATE onboarding_attempt SET {changed}")  # noqa: S608 - words of ours

    def test_no_paper_is_born_answered(self, person, user):
        with refused("attempt_answered_once"):
            Attempt.objects.create(
                client=person,
                user=user,
                language="en",
                bank="2026-1",
                questions=[],
                needed=1,
                started_at=NOON,
                finished_at=NOON,
                answers={},
                score=1,
                passed=True,
            )

    def test_one_paper_at_a_time(self, person, user):
        paper = begun(person, user)
        paper.pk = None
        with pytest.raises(IntegrityError, match="attempt_one_paper_at_a_time"):
            paper.save(force_insert=True)


@pytest.mark.rule("JC-1")
class TestTraining:
    def trained(self, client, user, **changed):
        payload = {
            "client": client.number,
            "signatory": user.username,
            "given_date": "2026-03-03",
            "trainer": "May Lau",
            "content": "price risk, custody, borrowing",
        } | changed
        row = propose("record_training", payload, by=manager_of(client), reason="given", now=NOON)
        return agree(row)

    def test_it_takes_the_place_of_the_test(self, person, user):
        self.trained(person, user)

        assert knowledge_gate(person, on=TODAY) is None
        assert knowledge_gate(person, on=TODAY - 2 * DAY)
        with refused("onboarding_training_append_only"):
            sql("DELETE FROM onboarding_training")

    def test_of_a_joint_client_everybody_was_there_or_each_shows_it(self, bank):
        joint = a_client(Kind.JOINT)
        first, second = signatory_of(joint), signatory_of(joint)
        self.trained(joint, first)
        assert knowledge_gate(joint, on=TODAY)

        self.trained(joint, second, signatory="")

        assert knowledge_gate(joint, on=TODAY) is None

    @pytest.mark.parametrize(
        "changed",
        [{"given_date": "2026-03-05"}, {"signatory": "nobody"}, {"trainer": ""}, {"content": " "}],
    )
    def test_what_was_not_given_is_not_recorded(self, person, user, changed):
        with pytest.raises(Invalid):
            self.trained(person, user, **changed)

    def test_once_is_enough(self, person, user):
        self.trained(person, user)
        with pytest.raises(Invalid, match="once is enough"):
            self.trained(person, user)
