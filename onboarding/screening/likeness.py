"""
How like two names are, from 0 to 100: the share of both names' letters that find their like. Pure.

Words are paired wherever they stand, each once, the most alike first; a word may pair with two of
the other name that together make it up (Taiman, Tai Man). A pair counts its letters times how
alike it is (`alike`), a particle (al, bin, Ltd) a third of its letters. What finds no pair counts
against the name, on either side:

    100 x (letters paired of the one + letters paired of the other) / (letters of both)
"""

from functools import lru_cache

from rapidfuzz.distance import OSA, Indel

from onboarding.screening.names import is_one_syllable, is_particle, skeleton, sound

SAME_CONSONANTS = 0.5
LIKE = 0.78  # Words less alike than this are different words.
SPLIT = 0.9  # A word and the two that make it up are at least so alike.
INITIAL = 0.85  # What a letter is worth that begins a word, where another word pairs in full.
PARTICLE_WEIGHT = 0.34


@lru_cache(maxsize=2_000_000)
def alike(one: str, other: str) -> float:
    """
    How alike two words are, 0 to 1.

    - 1: the same letters. 0.95: the same sounds (Omar, Umar); at three letters 0.85, below them 0.
    - Two words of one syllable that sound different are different: 0.
    - 0.9: the same consonants (Hussein, Husayn), from six letters on; at five one vowel may differ.
    - otherwise the square of the share of letters that need not be changed, swapped, put in or
      taken out, from five letters on; so one slip of the pen passes and two make another word.
    """
    if one == other:
        return 1.0
    short, long = sorted((len(one), len(other)))
    if short < 2 or long < 3:
        return 0.0
    if sound(one) == sound(other):
        return 0.95 if long > 3 else 0.85
    if long < 5 or short < 4 or (is_one_syllable(one) and is_one_syllable(other)):
        return 0.0
    same = OSA.normalized_similarity(one, other)
    if same >= (SAME_CONSONANTS if long > 5 else LIKE) and skeleton(one) == skeleton(other):
        return 0.9
    return 0.0 if same < LIKE else same * same


def _weight(token: str) -> float:
    return len(token) * (PARTICLE_WEIGHT if is_particle(token) else 1.0)


def latin(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """How like two names in tokens are, 0 to 100."""
    if not one or not other:
        return 0.0
    if one == other:
        return 100.0
    ours, theirs = [_weight(word) for word in one], [_weight(word) for word in other]
    left, right = set(range(len(one))), set(range(len(other)))
    paired, in_full = 0.0, False
    for find in (_singles, _split):
        for same, mine, its in sorted(find(one, other, left, right), reverse=True):
            if left.issuperset(mine) and right.issuperset(its):
                left.difference_update(mine)
                right.difference_update(its)
                paired += same * (sum(ours[i] for i in mine) + sum(theirs[j] for j in its))
                in_full = in_full or not all(is_particle(one[i]) for i in mine)
        if not left or not right or len(left) + len(right) < 3:
            break  # Nobody is left, or no word that two neighbours could make up.
    if in_full and any(len(one[i]) == 1 for i in left) | any(len(other[j]) == 1 for j in right):
        paired += _initials(one, other, left, right, ours, theirs)
    return 100 * paired / (sum(ours) + sum(theirs))


def _singles(one, other, left, right) -> list[tuple[float, tuple[int, ...], tuple[int, ...]]]:
    """Words that are alike, one and one."""
    pairs = []
    for i in left:
        word = one[i]
        for j in right:
            same = 1.0 if word == other[j] and len(word) > 1 else alike(word, other[j])
            if same and len(word) > 1:
                pairs.append((same, (i,), (j,)))
    return pairs


def _split(one, other, left, right) -> list[tuple[float, tuple[int, ...], tuple[int, ...]]]:
    """Words of the one that two neighbours of the other make up together."""
    pairs = []
    for i in left:
        for j in right:
            if j + 1 in right and abs(len(one[i]) - len(other[j] + other[j + 1])) <= 1:
                if (same := alike(one[i], other[j] + other[j + 1])) >= SPLIT:
                    pairs.append((same, (i,), (j, j + 1)))
            if i + 1 in left and abs(len(other[j]) - len(one[i] + one[i + 1])) <= 1:
                if (same := alike(one[i] + one[i + 1], other[j])) >= SPLIT:
                    pairs.append((same, (i, i + 1), (j,)))
    return pairs


def joined(words: tuple[str, ...]) -> list[str]:
    """Each two neighbours as one word."""
    return [first + second for first, second in zip(words, words[1:], strict=False)]


def _initials(one, other, left: set, right: set, ours: list, theirs: list) -> float:
    """A letter that stands for a word: it weighs what the word does."""
    paired = 0.0
    for i in sorted(left):
        for j in sorted(right):
            short, long = sorted((one[i], other[j]), key=len)
            if len(short) == 1 and long.startswith(short):
                ours[i] = theirs[j] = max(ours[i], theirs[j])
                paired += INITIAL * (ours[i] + theirs[j])
                left.discard(i)
                right.discard(j)
                break
    return paired


def chinese(one: str, other: str) -> float:
    """
    How like two Chinese names are, both simplified, 0 to 100.

    The same characters: 100; in another order: 95. Of up to three characters one that differs is
    another name: the share of the same ones, which is no hit. Longer ones: the share of characters
    that need not be put in or taken out.
    """
    if not one or not other:
        return 0.0
    if one == other:
        return 100.0
    if sorted(one) == sorted(other):
        return 95.0
    if min(len(one), len(other)) <= 3:
        same = sum(a == b for a, b in zip(one, other, strict=False))
        return 100 * same / max(len(one), len(other))
    return 100 * Indel.normalized_similarity(one, other)
