"""Each list in its publisher's own format, whole, broken and hostile."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.screening.facts import Birth, Unreadable, Wallet, year
from onboarding.screening.formats import ofac_csv, ofac_xml, pep_csv, un_xml
from onboarding.screening.formats.dates import birth
from tests.factories.screening import ETH, PEP, SDN, UN, XBT, sdn

SDN_XML = f"""<?xml version="1.0" standalone="yes"?>
<sdnList xmlns="http://tempuri.org/sdnList.xsd"><publshInformation>
<Publish_Date>03/02/2026</Publish_Date><Record_Count>1</Record_Count></publshInformation>
<sdnEntry><uid>1001</uid><firstName>Sergei</firstName><lastName>IVANOV</lastName>
<sdnType>Individual</sdnType><programList><program>CYBER2</program></programList>
<idList><id><uid>1</uid><idType>Digital Currency Address - XBT</idType><idNumber>{XBT[:10]}
{XBT[10:]}</idNumber></id><id><uid>2</uid><idType>Passport</idType>
<idNumber>4501123456</idNumber></id><id><uid>3</uid><idType>Gender</idType>
<idNumber>Male</idNumber></id></idList>
<akaList><aka><uid>9</uid><type>a.k.a.</type><category>strong</category>
<lastName>IVANOFF</lastName><firstName>Serge</firstName></aka></akaList>
<nationalityList><nationality><country>Russia</country></nationality></nationalityList>
<dateOfBirthList><dateOfBirthItem><uid>8</uid><dateOfBirth>12 Mar 1970</dateOfBirth>
</dateOfBirthItem></dateOfBirthList></sdnEntry></sdnList>""".encode()


@pytest.mark.rule("AML-11")
def test_the_delimited_sdn_list_is_read_with_aliases_and_what_its_remarks_hold():
    ivanov, chan, firm = ofac_csv.parse(SDN).entries

    assert ivanov.ref == "1001"
    assert ivanov.party.names == ("IVANOV, Sergei Petrovich", "IVANOFF, Serge")
    assert ivanov.party.births == (Birth(date(1970, 3, 12), date(1970, 3, 12)),)
    assert ivanov.party.nationalities == ("Russia",)
    assert ivanov.party.identities == ("4501123456",)
    assert ivanov.wallets == (Wallet("XBT", XBT), Wallet("ETH", ETH))
    assert chan.party.names == ("CHAN, Tai Man", "陳大文")
    assert (ivanov.party.is_person, firm.party.is_person) == (True, False)


@pytest.mark.rule("AML-13")
@given(cut=st.integers(0, 200))
def test_an_address_that_goes_on_in_the_comments_is_whole_wherever_it_is_cut(cut):
    remarks = f"DOB 1970; Digital Currency Address - XBT {XBT}; alt. Digital Currency Address - ETH"
    remarks = f"{remarks} {ETH}; Linked To: NOBODY."
    cut = min(cut, len(remarks) - 1)
    files = sdn((7, "A, B", "individual", remarks[:cut] or " "), comments=((7, remarks[cut:]),))

    [entry] = ofac_csv.parse(files).entries

    assert entry.wallets == (Wallet("XBT", XBT), Wallet("ETH", ETH))


@pytest.mark.rule("AML-13")
def test_the_xml_of_the_same_list_says_the_same_and_folds_white_space_in_addresses():
    parsed = ofac_xml.parse({"sdn.xml": SDN_XML})
    [entry] = parsed.entries

    assert parsed.dated == date(2026, 3, 2)
    assert entry.party.names == ("IVANOV, Sergei", "IVANOFF, Serge")
    assert entry.party.identities == ("4501123456",)
    assert entry.wallets == (Wallet("XBT", XBT),)
    assert ofac_xml.parse({"x": SDN_XML.replace(b"tempuri.org/sdnList.xsd", b"new.example")})


@pytest.mark.rule("AML-11")
def test_the_list_of_the_un_is_read_with_ranges_original_script_and_entities():
    parsed = un_xml.parse({"consolidated.xml": UN})
    person, entity = parsed.entries

    assert parsed.dated == date(2026, 3, 1)
    assert person.ref == "QDi.001"
    assert person.party.names == ("USAMA HASSAN AL-QAHTANI", "أسامة", "Abu Zayd")
    assert person.party.births == (Birth(date(1958, 1, 1), date(1963, 12, 31)),)
    assert person.party.numbers() == {"A088664"}
    assert (entity.ref, entity.party.is_person) == ("KPe.001", False)
    assert entity.party.names == ("EASTERN FALCON TRADING", "EFT Corp")


@pytest.mark.rule("AML-8")
def test_a_list_of_political_figures_is_read_by_its_header():
    [entry] = pep_csv.parse({"pep.csv": PEP}).entries

    assert entry.party.names == ("Maria Fernanda Quintero Rojas", "Mafe Quintero")
    assert entry.remarks == "Minister of Mines"


BOMB = (
    b'<!DOCTYPE sdnList [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    b"<sdnList><sdnEntry><uid>&b;</uid></sdnEntry></sdnList>"
)


@pytest.mark.parametrize(
    ("parse", "files"),
    [
        (ofac_xml.parse, {"sdn.xml": BOMB}),
        (ofac_xml.parse, {"sdn.xml": b""}),
        (ofac_xml.parse, {"sdn.xml": UN}),
        (ofac_xml.parse, {"sdn.xml": SDN_XML[:900]}),
        (ofac_xml.parse, {"sdn.xml": SDN_XML.replace(b"<uid>1001</uid>", b"")}),
        (un_xml.parse, {"c.xml": SDN_XML}),
        (un_xml.parse, {"c.xml": b"<CONSOLIDATED_LIST/>"}),
        (un_xml.parse, {"c.xml": b"<html>We are sorry</html>"}),
        (ofac_csv.parse, {"sdn.csv": SDN["sdn.csv"]}),
        (ofac_csv.parse, SDN | {"sdn.csv": b"<html>We are sorry</html>"}),
        (ofac_csv.parse, SDN | {"alt.csv": b'99,1,"aka","X","-0- "\r\n'}),
        (ofac_csv.parse, SDN | {"sdn.csv": SDN["sdn.csv"] + SDN["sdn.csv"]}),
        (ofac_csv.parse, SDN | {"sdn.csv": b"\0\0\0"}),
        (ofac_csv.parse, SDN | {"sdn.csv": b""}),
        (pep_csv.parse, {"p": b"name\nX\n"}),
        (pep_csv.parse, {"p": b"ref,name\n1,\n"}),
        (pep_csv.parse, {"p": b"ref,name\n1,A\n1,B\n"}),
        (pep_csv.parse, {"p": b"\xff\xfe"}),
    ],
)
def test_what_is_no_such_list_is_unreadable_and_says_why(parse, files):
    with pytest.raises(Unreadable, match="."):
        parse(files)


@pytest.mark.parametrize("parse", [ofac_xml.parse, un_xml.parse, pep_csv.parse])
@given(content=st.binary(max_size=200))
def test_any_bytes_are_a_list_or_unreadable(parse, content):
    try:
        read = parse({"file": content})
    except Unreadable:
        return
    assert read.entries


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("12 Mar 1970", date(1970, 3, 12), date(1970, 3, 12)),
        ("1970-03-12", date(1970, 3, 12), date(1970, 3, 12)),
        ("Mar 1970", date(1970, 3, 1), date(1970, 3, 31)),
        ("1970", date(1970, 1, 1), date(1970, 12, 31)),
        ("circa 1970", date(1968, 1, 1), date(1972, 12, 31)),
        ("1950 to 1955", date(1950, 1, 1), date(1955, 12, 31)),
    ],
)
def test_a_birth_date_is_the_days_it_may_be(words, first, last):
    assert birth(words) == Birth(first, last)


@pytest.mark.parametrize(
    "words", ["", "unknown", "31 Feb 1970", "1970-13-01", "0000", "12 Xyz 1970"]
)
def test_what_is_no_birth_date_is_none(words):
    assert birth(words) is None


def test_a_year_is_all_its_days():
    assert birth("1970") == year(1970)
