"""
Addresses as they are compared: by the family of chains that one key controls. Pure.

OFAC names an address under one coin (ETH), but its key moves every coin of every EVM chain.
"""

import re

EVM, BECH32, BASE58, OTHER = "evm", "bech32", "base58", "other"
_BECH32 = re.compile(r"^(bc|ltc|tb|cosmos|bnb|addr)1[02-9ac-hj-np-z]{6,110}$", re.IGNORECASE)
_BASE58 = re.compile(r"^[1-9A-HJ-NP-Za-km-z]{25,110}$")


def compared(address: str) -> tuple[str, str]:
    """
    The family of the address and the form in which it is compared.

    EVM and bech32 are the same in either case and are taken in lower case; of base58 every letter
    counts. White space within falls away. What is none of them is compared as it is written.
    """
    bare = "".join(address.split())
    if re.fullmatch(r"0x[0-9a-fA-F]{40}", bare, re.IGNORECASE):
        return EVM, bare.lower()
    bare = re.sub(r"^bitcoincash:", "", bare, flags=re.IGNORECASE)
    if _BECH32.fullmatch(bare) and (bare == bare.lower() or bare == bare.upper()):
        return BECH32, bare.lower()
    return (BASE58 if _BASE58.fullmatch(bare) else OTHER), bare
