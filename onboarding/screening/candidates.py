"""
Whom of a list is worth scoring: an index of the list's words, so that few pairs are. Pure.

A name can only be a hit where at least two of its words (or its one word) have their like in the
other, or one where initials stand for the rest. Words are found by what is left of them with any
one letter of the skeleton taken out, which a misspelling does not change. Who is left is compared
by the name alone, and only who may still come to a hit is scored in full.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, combinations

from onboarding.screening import likeness
from onboarding.screening.facts import Party
from onboarding.screening.names import is_particle, skeleton
from onboarding.screening.score import Score, most_beside_the_name, score

# Letters in like words, as a share of all, bound the points; particles may add so many.
SLACK = 3


class Index:
    """The parties of a list, findable by name and by identity number."""

    def __init__(self, listed: Sequence[Party]):
        self.listed = listed
        self._names: list[tuple[int, tuple[str, ...], frozenset[str], int]] = []
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._by_joined: dict[str, list[int]] = defaultdict(list)
        self._by_word_beside_initials: dict[str, list[int]] = defaultdict(list)
        self._by_part: dict[str, set[str]] = defaultdict(set)
        self._by_number: dict[str, list[int]] = defaultdict(list)
        self._by_character: dict[str, set[int]] = defaultdict(set)
        self._like_known: dict[str, frozenset[str]] = {}
        self._having_known: dict[str, frozenset[int]] = {}
        for position, party in enumerate(listed):
            self._add(position, party)
        for word in {*self._by_word, *self._by_joined}:
            for part in _parts(word):
                self._by_part[part].add(word)

    def _add(self, position: int, party: Party) -> None:
        for number in party.numbers():
            self._by_number[number].append(position)
        for _, written in party.chinese():
            for character in written:
                self._by_character[character].add(position)
        for _, words in party.latin():
            name = len(self._names)
            full = frozenset(filter(_tells, words))
            self._names.append((position, words, full, sum(map(len, full))))
            for word in full:
                self._by_word[word].append(name)
                if any(len(each) == 1 for each in words):
                    self._by_word_beside_initials[word].append(name)
            for word in likeness.joined(words):
                if len(word) >= 4:
                    self._by_joined[word].append(name)

    def find(self, ours: Party, *, least: float) -> Iterator[tuple[int, Score]]:
        """The positions of those that score at least `least`, each with its score, in order."""
        for position in sorted(self._worth_scoring(ours, least=least)):
            found = score(ours, self.listed[position])
            if found.total >= least:
                yield position, found

    def _worth_scoring(self, ours: Party, *, least: float) -> set[int]:
        found = {p for number in ours.numbers() for p in self._by_number.get(number, ())}
        for _, written in ours.chinese():
            sets = [self._by_character.get(character, set()) for character in set(written)]
            for position in set().union(*sets) if sets else ():
                if sum(position in each for each in sets) * 2 > len(sets):
                    found.add(position)
        of_the_name = least - most_beside_the_name(ours)
        for _, words in ours.latin():
            for name in self._of_latin(words, of_the_name=of_the_name):
                position, its, _, _ = self._names[name]
                if position not in found and likeness.latin(words, its) >= of_the_name - 0.1:
                    found.add(position)
        return found

    def _of_latin(self, words: tuple[str, ...], *, of_the_name: float) -> set[int]:
        """The names that may be so like `words`."""
        full = list(dict.fromkeys(filter(_tells, words)))
        having = [self._having(word) for word in full]
        if len(full) == 1 or len(full) < len(words) and any(len(word) == 1 for word in words):
            return set().union(*having) | self._joined_like(words, full)
        two = set().union(*(one & other for one, other in combinations(having, 2)))
        least = (of_the_name - SLACK) / 100
        near = [(len(word), self._like(word)) for word in full]
        all_near = frozenset().union(*(like for _, like in near))
        ours = sum(map(len, full))
        worth = set()
        for name in two:
            _, _, listed, letters = self._names[name]
            paired = sum(length for length, like in near if not like.isdisjoint(listed))
            paired += sum(map(len, listed & all_near))
            if paired >= least * (ours + letters):
                worth.add(name)
        for its in all_near:
            worth.update(self._by_word_beside_initials.get(its, ()))
        return worth | self._joined_like(words, full)

    def _joined_like(self, words: tuple[str, ...], full: list[str]) -> set[int]:
        """Those that write two words of ours as one, or one as two."""
        names = set()
        for joined in likeness.joined(words):
            if len(joined) >= 4:
                names |= self._having(joined)
        for word in full:
            for its in self._like(word):
                names.update(self._by_joined.get(its, ()))
        return names

    def _having(self, word: str) -> frozenset[int]:
        """The names with a word like `word`."""
        if word not in self._having_known:
            names = (self._by_word.get(its, ()) for its in self._like(word))
            self._having_known[word] = frozenset(chain.from_iterable(names))
        return self._having_known[word]

    def _like(self, word: str) -> frozenset[str]:
        """The words of the list that are like `word`."""
        if word not in self._like_known:
            near = set().union(*(self._by_part.get(part, ()) for part in _parts(word)))
            self._like_known[word] = frozenset(w for w in near if likeness.alike(word, w))
        return self._like_known[word]


def _tells(word: str) -> bool:
    """Whether a word says who it is: no initial, and none that many share."""
    return len(word) > 1 and not is_particle(word)


def _parts(word: str) -> set[str]:
    bare = skeleton(word)
    return {word, bare} | {bare[:i] + bare[i + 1 :] for i in range(len(bare)) if len(bare) > 2}
