"""Screen an address: whether OFAC has listed it, by the family of its chain (AML-13)."""

from dataclasses import dataclass
from datetime import datetime

from onboarding.screening.chains import compared
from onboarding.screening.lists import ListCode, ListVersion, WalletEntry, version_in_force


@dataclass(frozen=True, slots=True)
class AddressScreened:
    """
    What the address was compared as, with which version of the list, and what was found.

    `refusal` is None where the address may be used; else why not, for the house alone.
    """

    address: str
    family: str
    version: ListVersion | None
    found: tuple[WalletEntry, ...]
    refusal: str | None


def screen_address(address: str, asset_code: str = "", *, now: datetime) -> AddressScreened:
    """
    Compare `address` with every listed one of its family; `asset_code` is recorded, not compared.

    Where the list was never loaded nothing was compared, and that is a refusal (AML-14). An exact
    list is the floor: it says nothing of whom the address has dealt with.
    """
    family, bare = compared(address)
    version = version_in_force(ListCode.OFAC)
    if version is None:
        return AddressScreened(bare, family, None, (), "No list of addresses is loaded.")
    found = tuple(
        WalletEntry.objects.filter(address=bare, family=family, entry__removed_at=None)
        .select_related("entry")
        .order_by("pk")
    )
    refusal = f"{asset_code} {bare} is listed: {found[0].entry}.".strip() if found else None
    return AddressScreened(bare, family, version, found, refusal)
