"""What makes two names alike and what does not; the score says why, and is the same both ways."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.screening import likeness, names
from onboarding.screening.candidates import Index
from onboarding.screening.facts import Birth, Party, from_json, year
from onboarding.screening.score import score

HIT = 85


def points(one: str, other: str, **facts) -> float:
    return score(Party((one,), **facts), Party((other,))).total


@pytest.mark.rule("AML-11")
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("陳大文", "陈大文", 100),  # Traditional and simplified are one name.
        ("Chan Tai Man", "CHAN Tai-man", 100),
        ("Chan Tai Man", "CHAN, Tai Man", 100),
        ("Chan Tai Man", "Tai Man Chan", 100),
        ("Chan Tai Man", "Chan Tai Wai", 70),  # Another person.
        ("陳大文", "Chan Tai Man", 0),  # Nothing links them: both are collected, both screened.
        ("陳大文", "陳大明", 67),
        ("Kim Jong Un", "KIM, Jong Un", 100),
    ],
)
def test_the_names_of_the_house_documents_score_as_documented(one, other, expected):
    assert round(points(one, other)) == expected
    assert (points(one, other) >= HIT) == (expected >= HIT)


def test_of_a_client_with_both_names_either_is_enough():
    listed = Party(("陈大文",))

    found = score(Party(("Chan Tai Man", "陳大文")), listed)

    assert found.total == 100
    assert [(p.what, p.ours, p.theirs) for p in found.points] == [
        ("Chinese name", "陳大文", "陈大文")
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mohamed Yousef Al Qahtani", "AL-QAHTANI, Muhammad Yusuf"),
        ("Sergey Ivanov", "IVANOV, Sergei"),
        ("Alexander Petrovich Kuznetsov", "KUZNETSOV, Aleksandr Petrovich"),
        ("Chan Taiman", "CHAN, Tai Man"),
        ("Abdul Rahman Hassan", "HASSAN, Abdulrahman"),
        ("J. F. Castillo Mendoza", "CASTILLO MENDOZA, Juan Francisco"),
        ("José García Pérez", "GARCIA PEREZ, Jose"),
        ("Golden Orchid Shipping Ltd", "GOLDEN ORCHID SHIPPING LIMITED"),
        ("MR. IVANOV SERGEI", "Sergei Ivanov"),
    ],
)
def test_one_name_written_in_two_ways_is_a_hit(one, other):
    assert points(one, other) >= HIT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wong Ka Man", "Wang Ke Min"),
        ("Li Na", "Lu Nu"),
        ("Ahmed Hassan Ali", "Ahmed Hussein Omar"),
        ("John Smith", "James Smith"),
        ("Pacific Steel Limited", "Atlantic Steel Limited"),
        ("Qing Chen", "Qiang Chen"),
        ("Mohammed", "Mohammed Saleh Ibrahim"),
        ("", ""),
    ],
)
def test_two_names_are_no_hit(one, other):
    assert points(one, other) < HIT


def test_every_point_is_explained_and_they_add_up():
    ours = Party(
        ("Sergey Ivanov",), True, (Birth(date(1970, 3, 12), date(1970, 3, 12)),), ("Russia",)
    )
    theirs = Party(("IVANOV, Sergei",), True, (year(1970),), ("russia", "Cyprus"))

    found = score(ours, theirs)

    said = {point.what: (point.ours, point.theirs, point.points) for point in found.points}
    assert said["Birth date"] == ("1970-03-12", "1970-01-01 to 1970-12-31", 5)
    assert said["Nationality"] == ("Russia", "russia", 3)
    assert found.total == min(100, round(sum(point.points for point in found.points), 1))


def test_facts_that_contradict_take_points_away():
    one, other = ("Sergei Ivanov",), ("IVANOV, Sergei",)
    born = Party(one, True, (year(1990),))

    assert score(born, Party(other, True, (year(1970),))).total == 80
    assert score(born, Party(other, True, (year(1970), year(1990)))).total == 100
    assert score(Party(one, False), Party(other, True)).total == 70


def test_an_identity_number_is_a_hit_whatever_the_names():
    ours = Party(("Somebody Else",), True, identities=("45-01 123456",))
    theirs = Party(("IVANOV, Sergei",), True, identities=("4501123456",))

    found = score(ours, theirs)

    assert found.total == 100
    assert found.points[0].what == "Identity number"
    assert (
        score(Party(("A B",), identities=("12",)), Party(("C D",), identities=("12",))).total == 0
    )


def test_a_birth_date_alone_finds_nobody():
    assert (
        score(
            Party(("Li Na",), True, (year(1970),)), Party(("Ivan Orlov",), True, (year(1970),))
        ).total
        < 10
    )


WORDS = [
    "chan",
    "tai",
    "man",
    "wai",
    "mohammed",
    "muhamad",
    "al",
    "ivanov",
    "sergei",
    "j",
    "s",
    "orchid",
    "ltd",
]
words = st.lists(
    st.sampled_from(WORDS),
    min_size=1,
    max_size=4,
).map(tuple)
written = st.text(max_size=40)


@given(one=words, other=words)
def test_likeness_is_symmetric_bounded_and_whole_with_itself(one, other):
    like = likeness.latin(one, other)

    assert 0 <= like <= 100
    assert like == pytest.approx(likeness.latin(other, one))
    assert likeness.latin(one, one) == 100


@given(name=written)
def test_any_text_can_be_a_name_and_scores_with_itself_what_it_says(name):
    party = Party((name,))

    assert score(party, party).total == (100 if party.latin() or party.chinese() else 0)
    assert names.tokens(name.upper()) == names.tokens(name.upper())
    assert from_json(party.as_json()) == party


@given(name=st.text("陳大文黃國豪李偉", min_size=1, max_size=4))
def test_a_chinese_name_is_its_simplified_form(name):
    assert names.chinese(names.chinese(name)) == names.chinese(name)
    assert len(names.chinese(name)) == len(name)


LISTED = [
    Party(("IVANOV, Sergei Petrovich", "IVANOFF, Serge")),
    Party(("CHAN, Tai Man", "陳大文")),
    Party(("AL-QAHTANI, Mohammed Yusuf",)),
    Party(("GOLDEN ORCHID SHIPPING LIMITED",)),
    Party(("WONG, Kwok Ming",)),
    Party(("WONG, K. M.", "QAHTANI, Y.")),
    Party(("IVANOV, S. P.", "Orchid Golden Trading Company Limited")),
]
OURS = [
    "sergey",
    "ivanov",
    "petrovich",
    "chan",
    "tai",
    "man",
    "taiman",
    "mohamed",
    "yousef",
    "al",
    "qahtani",
    "alqahtani",
    "golden",
    "orchid",
    "shipping",
    "limited",
    "陈大文",
    "wong",
    "kwok",
    "ming",
    "k",
    "y",
]
ours = st.lists(
    st.sampled_from(OURS),
    min_size=1,
    max_size=4,
).map(" ".join)


@given(name=ours)
def test_the_index_leaves_out_nobody_who_would_be_a_hit(name):
    """Two ways to one answer: the index, and scoring everybody."""
    party = Party((name,))
    all_scored = {
        position: found.total
        for position, listed in enumerate(LISTED)
        if (found := score(party, listed)).total >= HIT
    }

    assert {p: s.total for p, s in Index(LISTED).find(party, least=HIT)} == all_scored
