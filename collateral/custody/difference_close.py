"""Close a difference: whoever looked into it explains it, and a second person is content."""

from collateral.custody.difference import Difference, DifferenceState
from onboarding.approvals import Command, Invalid, Proposal, register
from onboarding.hands import CLOSE_DIFFERENCE, Area
from onboarding.lifecycle import move
from onboarding.payloads import number, text


def _difference_of(payload: dict) -> Difference:
    key = int(number(payload, "difference", "The difference", most=10**15))
    found = Difference.objects.select_related("place", "client").filter(pk=key).first()
    if found is None:
        raise Invalid(f"There is no difference #{key}.")
    if found.state != DifferenceState.OPEN:
        raise Invalid(f"{found} is closed already.")
    return found


def _client_of(payload: dict):
    return _difference_of(payload).client


def _differs(payload: dict) -> list[tuple[str, str, str]]:
    found = _difference_of(payload)
    return [
        (f"Difference {found}", found.figures, "Explained and closed"),
        ("Explanation", "", text(payload, "explanation", "The explanation")),
        ("Releases of it", "frozen", "free, unless another difference is open"),
    ]


def _apply(payload: dict, *, proposal: Proposal, now) -> dict:
    found = _difference_of(payload)
    move(
        found,
        Difference.close,
        reason=text(payload, "explanation", "The explanation"),
        mover=proposal.checker,
        now=now,
    )
    return {"difference": str(found.pk)}


register(
    Command(
        name="close_difference",
        title="Close a difference",
        proposes=CLOSE_DIFFERENCE.proposes,
        approves=lambda payload: CLOSE_DIFFERENCE.approves,
        apply=_apply,
        differs=_differs,
        client_of=_client_of,
        area=Area.OPERATIONS,
    )
)
