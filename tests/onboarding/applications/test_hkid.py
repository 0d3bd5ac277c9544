"""The check digit of a Hong Kong identity card."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from onboarding.applications.hkid import NotAnHkid, check_digit, hkid

LETTERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=2)
DIGITS = st.text("0123456789", min_size=6, max_size=6)


@pytest.mark.rule("AML-3")
@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("A123456(3)", "A123456(3)"),
        ("a1234563", "A123456(3)"),
        (" G123456 (A) ", "G123456(A)"),
        ("AB987654(3)", "AB987654(3)"),
    ],
)
def test_a_number_is_read_however_it_is_typed(typed, plain):
    assert hkid(typed) == plain


@pytest.mark.parametrize(
    "typed", ["", "123456(3)", "A12345(3)", "A123456", "ABC123456(3)", "A１23456(3)"]
)
def test_what_is_not_written_like_one_is_refused(typed):
    with pytest.raises(NotAnHkid, match="one or two letters"):
        hkid(typed)


@given(LETTERS, DIGITS)
def test_every_number_has_exactly_one_check_digit(letters, digits):
    right = check_digit(letters, digits)
    for check in "0123456789A":
        if check == right:
            assert hkid(f"{letters}{digits}({check})") == f"{letters}{digits}({check})"
        else:
            with pytest.raises(NotAnHkid, match="does not belong"):
                hkid(f"{letters}{digits}({check})")


@given(LETTERS, DIGITS, st.integers(0, 5), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_always_noticed(letters, digits, place, wrong):
    assume(digits[place] != wrong)
    mistyped = digits[:place] + wrong + digits[place + 1 :]
    assert check_digit(letters, mistyped) != check_digit(letters, digits)


@given(LETTERS, DIGITS, st.integers(0, 4))
def test_two_neighbours_that_change_places_are_always_noticed(letters, digits, place):
    assume(digits[place] != digits[place + 1])
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    assert check_digit(letters, swapped) != check_digit(letters, digits)
