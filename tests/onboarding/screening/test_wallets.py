"""A listed address is found however it is written, on every chain that its key controls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.screening.chains import BASE58, BECH32, EVM, OTHER, compared
from onboarding.screening.load import load
from onboarding.screening.wallets import screen_address
from tests.factories import NOON
from tests.factories.screening import ETH, XBT, lists_in_force, sdn

SEGWIT = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"


@pytest.mark.rule("AML-13")
@pytest.mark.parametrize(
    ("address", "family", "bare"),
    [
        (ETH, EVM, ETH.lower()),
        (ETH.lower(), EVM, ETH.lower()),
        (f" {ETH[:20]}\n{ETH[20:]} ", EVM, ETH.lower()),
        (SEGWIT, BECH32, SEGWIT),
        (SEGWIT.upper(), BECH32, SEGWIT),
        (XBT, BASE58, XBT),
        ("bitcoincash:qpm2qsznhks23z7629mms6s", OTHER, "qpm2qsznhks23z7629mms6s"),
        ("", OTHER, ""),
    ],
)
def test_an_address_is_compared_by_its_family(address, family, bare):
    assert compared(address) == (family, bare)


@given(address=st.text(max_size=80))
def test_what_is_compared_compares_the_same_again(address):
    family, bare = compared(address)

    assert compared(bare) == (family, bare)


@pytest.mark.django_db
class TestScreening:
    @pytest.mark.rule("AML-13")
    @pytest.mark.parametrize("asset", ["ETH", "USDC", "0700", ""])
    def test_an_evm_address_is_found_in_any_case_and_for_any_coin(self, asset):
        lists_in_force()

        found = screen_address(ETH.upper().replace("0X", "0x"), asset, now=NOON)

        assert [wallet.ticker for wallet in found.found] == ["ETH"]
        assert "IVANOV" in found.refusal
        assert found.version.number == 1

    @pytest.mark.rule("AML-13")
    def test_of_base58_every_letter_counts(self):
        lists_in_force()

        assert screen_address(XBT, "BTC", now=NOON).refusal
        assert screen_address(XBT.swapcase(), "BTC", now=NOON).refusal is None

    @pytest.mark.rule("AML-14")
    def test_where_no_list_was_loaded_no_address_may_be_used(self):
        assert screen_address(SEGWIT, "BTC", now=NOON).refusal == "No list of addresses is loaded."

    def test_an_address_that_left_the_list_is_found_no_more(self):
        rows = [(n, f"PERSON, Number {n}", "individual", "-0- ") for n in range(2, 13)]
        said = "; ".join(f"Digital Currency Address - ETH 0x{n:040x}" for n in range(1, 11))
        load("ofac", sdn((1, "A, B", "individual", said), *rows), source="", now=NOON)
        last = f"0x{10:040x}"
        assert screen_address(last, "ETH", now=NOON).refusal
        shorter = said.rpartition("; ")[0]

        load("ofac", sdn((1, "A, B", "individual", shorter), *rows), source="", now=NOON)

        assert screen_address(last, "ETH", now=NOON).refusal is None
        assert screen_address(f"0x{1:040x}", "ETH", now=NOON).refusal
