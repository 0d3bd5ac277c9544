"""The login identity and the role it holds in the house."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q


class Role(models.TextChoices):
    CLIENT = "client", "Client"
    RM = "rm", "Relationship manager"
    ONBOARDING_OFFICER = "onboarding_officer", "Onboarding officer"
    CREDIT_OFFICER = "credit_officer", "Credit officer"
    RISK_OFFICER = "risk_officer", "Risk officer"
    COMPLIANCE = "compliance", "Compliance"
    RESPONSIBLE_OFFICER = "responsible_officer", "Responsible officer"
    DEALING = "dealing", "Dealing"
    OPERATIONS = "operations", "Operations"
    FINANCE = "finance", "Finance"
    MLRO = "mlro", "Money laundering reporting officer"
    MIC_OMO = "mic_omo", "MIC of overall management oversight"
    MIC_RM = "mic_rm", "MIC of risk management"
    AUDITOR = "auditor", "Auditor"


class User(AbstractUser):
    """
    A person who signs in: a client's signatory or a member of staff, never both.

    Rights follow from `role` alone (`rights.py`); there is no superuser in the house, so nobody
    can be checker of an own act by standing above the rules.
    """

    role = models.CharField(max_length=24, choices=Role.choices)
    telephone = models.CharField(max_length=24, blank=True)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(role=Role.CLIENT, is_staff=False)
                | (~Q(role=Role.CLIENT) & Q(is_staff=True)),
                name="user_is_client_or_staff",
            ),
            models.CheckConstraint(
                condition=Q(is_superuser=False), name="user_nobody_stands_above_the_rules"
            ),
        ]

    def __str__(self):
        return self.get_full_name() or self.username
