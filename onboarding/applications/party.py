"""Who stands behind an application: persons and firms, what each is to it, and who holds whom."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from onboarding.applications.application import Application
from onboarding.applications.ownership import Held, Share, shares_of
from onboarding.clients import Kind


class Nature(models.TextChoices):
    PERSON = "person", "A person"
    FIRM = "firm", "A firm or other legal body"


class PartyRole(models.TextChoices):
    APPLICANT = "applicant", "Applicant"
    DIRECTOR = "director", "Director"
    OWNER = "owner", "Owner"
    CONTROLLER = "controller", "Controls management otherwise"
    SIGNATORY = "signatory", "Authorised signatory"
    TRUSTEE = "trustee", "Trustee"
    SETTLOR = "settlor", "Settlor"
    BENEFICIARY = "beneficiary", "Beneficiary"
    PROTECTOR = "protector", "Protector"


class Identity(models.TextChoices):
    """The document or register that a party's number is of (AML-3, AML-4)."""

    HKID = "hkid", "Hong Kong identity card"
    PASSPORT = "passport", "Passport"
    NATIONAL_ID = "national_id", "Identity card of another place"
    COMPANY_NUMBER = "company_number", "Company register number"
    BUSINESS_REGISTRATION = "business_registration", "Business registration number"
    OTHER_REGISTER = "other_register", "Number of another register"


OF_PERSONS = (Identity.HKID, Identity.PASSPORT, Identity.NATIONAL_ID)
OF_FIRMS = (Identity.COMPANY_NUMBER, Identity.BUSINESS_REGISTRATION, Identity.OTHER_REGISTER)

# Which roles the people behind each kind may have.
ROLES = {
    Kind.PERSON: (PartyRole.APPLICANT,),
    Kind.JOINT: (PartyRole.APPLICANT,),
    Kind.CORPORATE: (
        PartyRole.APPLICANT,
        PartyRole.DIRECTOR,
        PartyRole.OWNER,
        PartyRole.CONTROLLER,
        PartyRole.SIGNATORY,
    ),
    Kind.TRUST: (
        PartyRole.APPLICANT,
        PartyRole.TRUSTEE,
        PartyRole.SETTLOR,
        PartyRole.BENEFICIARY,
        PartyRole.PROTECTOR,
        PartyRole.SIGNATORY,
    ),
    Kind.INSTITUTION: (
        PartyRole.APPLICANT,
        PartyRole.DIRECTOR,
        PartyRole.OWNER,
        PartyRole.CONTROLLER,
        PartyRole.SIGNATORY,
    ),
}


class ApplicationParty(models.Model):
    """
    One person or firm. `user` is the login of a person who signs.

    `birth_date` is of birth or of incorporation; `place` the nationality or the place of
    incorporation, as a country's two letters. `address` is the home or the registered office,
    `business_address` the principal place of business. `listed_on` names the exchange of a listed
    company: nobody looks behind it.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="parties")
    nature = models.CharField(max_length=8, choices=Nature.choices)
    roles = ArrayField(models.CharField(max_length=12, choices=PartyRole.choices))
    name = models.CharField(max_length=120)
    name_chinese = models.CharField(max_length=60, blank=True)
    birth_date = models.DateField()
    place = models.CharField(max_length=2)
    identity_type = models.CharField(max_length=24, choices=Identity.choices)
    identity_number = models.CharField(max_length=40)
    identity_expires = models.DateField(null=True, blank=True)
    address = models.CharField(max_length=300)
    business_address = models.CharField(max_length=300, blank=True)
    legal_form = models.CharField(max_length=60, blank=True)
    listed_on = models.CharField(max_length=60, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name_plural = "parties"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(roles__len__gt=0)
                & ~Q(name="")
                & ~Q(identity_number="")
                & ~Q(address=""),
                name="party_is_identified",
            ),
            models.CheckConstraint(
                condition=Q(nature=Nature.PERSON, identity_type__in=[str(i) for i in OF_PERSONS])
                | Q(nature=Nature.FIRM, identity_type__in=[str(i) for i in OF_FIRMS]),
                name="party_identity_is_of_its_nature",
            ),
            models.CheckConstraint(
                condition=Q(nature=Nature.PERSON)
                | Q(user=None) & ~Q(business_address="") & ~Q(legal_form=""),
                name="party_firm_has_form_and_place",
            ),
            models.UniqueConstraint(fields=["application", "user"], name="party_is_one_login_once"),
            models.UniqueConstraint(
                fields=["application", "identity_type", "identity_number"],
                name="party_entered_once",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_person(self) -> bool:
        return self.nature == Nature.PERSON

    @property
    def signs(self) -> bool:
        """Whether this person signs for the application."""
        if not self.is_person:
            return False
        if self.application.kind in (Kind.PERSON, Kind.JOINT):
            return PartyRole.APPLICANT in self.roles
        return PartyRole.SIGNATORY in self.roles

    @property
    def roles_said(self) -> str:
        return ", ".join(PartyRole(role).label for role in self.roles)


class Holding(models.Model):
    """`owner` holds `percent` of `owned` directly: 25 is a quarter."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="holdings")
    owner = models.ForeignKey(ApplicationParty, models.PROTECT, related_name="holds")
    owned = models.ForeignKey(ApplicationParty, models.PROTECT, related_name="held_by")
    percent = models.DecimalField(max_digits=7, decimal_places=4)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "owned"], name="holding_named_once"),
            models.CheckConstraint(
                condition=Q(percent__gt=0, percent__lte=100), name="holding_is_a_part"
            ),
            models.CheckConstraint(condition=~Q(owner=F("owned")), name="holding_not_of_itself"),
        ]

    def __str__(self):
        return f"{self.owner} {self.percent}% of {self.owned}"


def held(application: Application) -> list[Held]:
    """The holdings as the arithmetic reads them, by key of the party."""
    return [Held(each.owner_id, each.owned_id, each.percent) for each in application.holdings.all()]


def shares(application: Application) -> dict[int, Share]:
    """The share that each party has of the applicant firm, by key; empty where there is no firm."""
    firms = [party for party in application.applying() if not party.is_person]
    return shares_of(firms[0].pk, held(application)) if firms else {}
