"""
Which nodes hang together by ties, and by which. Pure: no clock, no database.

A node is a word. The answer depends on what is tied and never on the order it is told in.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, order=True)
class Tie:
    """`kind` joins `one` and `other`; `share` of the votes of `other` where it is control."""

    kind: str
    one: str
    other: str
    share: Decimal | None = None
    key: int = 0


SPOUSE, CONTROL = "spouse", "control"


@dataclass(frozen=True, slots=True)
class Component:
    """Nodes in order; of each, the ties that bind it within the component, in order."""

    nodes: tuple[str, ...]
    ties: Mapping[str, tuple[Tie, ...]]


def binding(ties: Iterable[Tie], *, threshold: Decimal) -> list[Tie]:
    """
    The ties that bind. Control binds from `threshold` on, alone or with the spouse (SMF-7 (iv)).
    """
    ties = sorted(set(ties), key=_order)
    partners: dict[str, set[str]] = defaultdict(set)
    for tie in ties:
        if tie.kind == SPOUSE:
            partners[tie.one].add(tie.other)
            partners[tie.other].add(tie.one)
    held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for tie in ties:
        if tie.kind == CONTROL:
            held[tie.one, tie.other] += tie.share

    def together(tie: Tie) -> Decimal:
        couple = {tie.one, *partners[tie.one]}
        return sum((held.get((person, tie.other), Decimal(0)) for person in couple), Decimal(0))

    return [tie for tie in ties if tie.kind != CONTROL or together(tie) >= threshold]


def components(ties: Iterable[Tie], *, threshold: Decimal) -> list[Component]:
    """What hangs together by binding ties, each in the order of its first node."""
    bound = binding(ties, threshold=threshold)
    leader: dict[str, str] = {}

    def find(node: str) -> str:
        root = node
        while leader.setdefault(root, root) != root:
            root = leader[root]
        while leader[node] != root:
            leader[node], node = root, leader[node]
        return root

    for tie in bound:
        one, other = sorted((find(tie.one), find(tie.other)))
        leader[other] = one
    members: dict[str, list[str]] = defaultdict(list)
    for node in sorted(leader):
        members[find(node)].append(node)
    by_node: dict[str, list[Tie]] = defaultdict(list)
    for tie in bound:
        for node in sorted({tie.one, tie.other}):
            by_node[node].append(tie)
    return [
        Component(tuple(nodes), {node: tuple(by_node[node]) for node in nodes})
        for _, nodes in sorted(members.items())
    ]


def _order(tie: Tie) -> tuple:
    return tie.kind, tie.one, tie.other, tie.share or 0, tie.key
