"""Texts in force, and clients who have accepted them, by the product's own doors."""

from datetime import datetime

from onboarding.clients import Client, Signatory
from onboarding.disclosures.acceptance import accept, outstanding
from onboarding.disclosures.text import Disclosure, found_disclosures, in_force
from onboarding.users import Role, User
from tests.factories import LONG_AGO, client_user, staff


def terms_in_force(*, now: datetime = LONG_AGO) -> list[Disclosure]:
    """The first versions, once, however often they are asked for."""
    found = in_force(now=now)
    if found:
        return found
    maker, checker = staff(Role.COMPLIANCE), staff(Role.RESPONSIBLE_OFFICER)
    return found_disclosures(maker=maker, checker=checker, now=now)


def signatory_of(client: Client) -> User:
    user = client_user()
    Signatory.objects.create(client=client, user=user)
    return user


def agree(user: User, client: Client | None, *, now: datetime, language: str = "en") -> None:
    """`user` accepts all that is required, one by one."""
    for text in outstanding(user, client=client, now=now):
        sha256 = text.sha256(language)
        accept(text, by=user, client=client, language=language, sha256=sha256, now=now)
