"""
Business with a politically exposed person: senior management approves it, on evidence of where the
wealth and the money come from (AML-8). Until then nothing is drawn or released.
"""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from onboarding.approvals import Command, Invalid, Proposal, register
from onboarding.hands import PEP_APPROVAL
from onboarding.payloads import text
from onboarding.screening.hits import Hit, HitState
from onboarding.screening.lists import ListCode

EVIDENCE = {
    "source_of_wealth": "Source of wealth",
    "source_of_funds": "Source of the money",
    "evidence": "Evidence, by its references",
}


class PepApproval(models.Model):
    """Senior management's yes to one true hit. Never edited."""

    hit = models.OneToOneField(Hit, models.PROTECT, related_name="pep_approval")
    source_of_wealth = models.TextField()
    source_of_funds = models.TextField()
    evidence = models.TextField()
    approved_at = models.DateTimeField()
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(maker=F("checker")), name="pep_approval_maker_is_not_checker"
            ),
            models.CheckConstraint(
                condition=~Q(source_of_wealth="") & ~Q(source_of_funds="") & ~Q(evidence=""),
                name="pep_approval_has_its_evidence",
            ),
        ]

    def __str__(self):
        return f"Approval of {self.hit}"


def _hit_of(payload: dict) -> Hit:
    key = text(payload, "hit", "The hit")
    hit = None
    if key.isascii() and key.isdecimal() and len(key) < 19:
        hit = Hit.objects.filter(
            pk=int(key), code=ListCode.PEP, state=HitState.TRUE, pep_approval=None
        ).first()
    if hit is None:
        raise Invalid("There is no match on the PEP list of that number that waits for approval.")
    return hit


def _differs(payload: dict) -> list[tuple[str, str, str]]:
    hit = _hit_of(payload)
    lines = [("Business with a politically exposed person", str(hit), "approved")]
    return lines + [(called, "", text(payload, key, called)) for key, called in EVIDENCE.items()]


def _apply(payload: dict, *, proposal: Proposal, now: datetime) -> dict:
    approval = PepApproval.objects.create(
        hit=_hit_of(payload),
        **{key: text(payload, key, called) for key, called in EVIDENCE.items()},
        approved_at=now,
        maker=proposal.maker,
        checker=proposal.checker,
        proposal=proposal,
    )
    return {"pep_approval": str(approval.pk)}


register(
    Command(
        name="pep_approval",
        title="Business with a politically exposed person",
        proposes=PEP_APPROVAL.proposes,
        approves=lambda payload: PEP_APPROVAL.approves,
        apply=_apply,
        differs=_differs,
        client_of=lambda payload: _hit_of(payload).screened.client,
    )
)
