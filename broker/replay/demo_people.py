"""Who is who in the demonstration: an invented house and forty invented clients. Pure."""

from dataclasses import dataclass

from onboarding.clients import Kind
from onboarding.users import Role

PASSWORD = "harbour-demo"

# (login, given name, family name, role, telephone)
STAFF = (
    ("jasmine.lau", "Jasmine", "Lau", Role.RM, "+852 5550 0101"),
    ("victor.yip", "Victor", "Yip", Role.RM, "+852 5550 0102"),
    ("priya.menon", "Priya", "Menon", Role.RM, "+852 5550 0103"),
    ("edmund.so", "Edmund", "So", Role.RM, "+852 5550 0104"),
    ("nadia.kwan", "Nadia", "Kwan", Role.ONBOARDING_OFFICER, "+852 5550 0105"),
    ("clara.fung", "Clara", "Fung", Role.CREDIT_OFFICER, "+852 5550 0110"),
    ("daniel.hui", "Daniel", "Hui", Role.RISK_OFFICER, "+852 5550 0111"),
    ("miranda.tse", "Miranda", "Tse", Role.COMPLIANCE, "+852 5550 0112"),
    ("gordon.pang", "Gordon", "Pang", Role.RESPONSIBLE_OFFICER, "+852 5550 0113"),
    ("stella.mok", "Stella", "Mok", Role.DEALING, "+852 5550 0114"),
    ("kenneth.ng", "Kenneth", "Ng", Role.OPERATIONS, "+852 5550 0115"),
    ("teresa.lui", "Teresa", "Lui", Role.OPERATIONS, "+852 5550 0116"),
    ("isaac.chow", "Isaac", "Chow", Role.FINANCE, "+852 5550 0117"),
    ("helena.kan", "Helena", "Kan", Role.MLRO, "+852 5550 0118"),
    ("patrick.luk", "Patrick", "Luk", Role.MIC_OMO, "+852 5550 0119"),
    ("agnes.siu", "Agnes", "Siu", Role.MIC_RM, "+852 5550 0120"),
    ("oliver.grant", "Oliver", "Grant", Role.AUDITOR, "+852 5550 0121"),
)

# What a pool is made of: asset code and share of its market value.
MIXES = {
    "btc": {"BTC": "1"},
    "eth": {"ETH": "1"},
    "va": {"BTC": "0.5", "ETH": "0.5"},
    "tech": {"0700": "0.5", "9988": "0.25", "BTC": "0.25"},
    "banks": {"0005": "0.45", "0939": "0.35", "ETH": "0.2"},
    "index": {"2800": "0.6", "0388": "0.15", "BTC": "0.25"},
    "insurer": {"1299": "0.7", "BTC": "0.3"},
    "dollars": {"USD": "0.3", "BTC": "0.5", "ETH": "0.2"},
}


@dataclass(frozen=True, slots=True)
class Person:
    """
    One client: `signs` are the logins of who may act for it, by given and family name.

    `worth` is the market value of the pool in HKD millions, `usage` what is owed of its margin
    value in percent, both when the demonstration begins. `story` names what happened before
    (`demo_history.py`). `limit` is the credit limit as a part of the debt.
    """

    name: str
    chinese: str
    signs: tuple[tuple[str, str], ...]
    mix: str
    worth: str
    usage: str
    story: str = ""
    kind: Kind = Kind.PERSON
    limit: str = "1.4"


def _person(family: str, given: str, chinese: str, *rest, **more) -> Person:
    return Person(f"{family} {given}", chinese, ((given, family),), *rest, **more)


def _firm(name: str, chinese: str, signs: tuple, *rest, **more) -> Person:
    return Person(name, chinese, signs, *rest, kind=Kind.CORPORATE, **more)


CLIENTS = (
    # The client one signs in as: called within two minutes of the beginning.
    _person("Wong", "Ka Ming", "黃嘉明", "eth", "4.8", "94", "repaid"),
    # In call when the demonstration begins.
    _person("Cheung", "Wai Yin", "張慧賢", "va", "3.6", "104", "called 1437"),
    _person("Leung", "Chi Keung", "梁志強", "btc", "4.2", "106", "called 1433"),
    _person("Ho", "Mei Ling", "何美玲", "eth", "2.9", "104", "acknowledged 1320"),
    _person("Kwok", "Tsz Hin", "郭子軒", "tech", "8.5", "105", "part cured 1200"),
    _firm(
        "Silver Carp Trading Limited",
        "銀鯉貿易有限公司",
        (("Raymond", "Sit"), ("Yvonne", "Sit")),
        "eth",
        "3.2",
        "132",
        "called 310",
    ),
    _firm(
        "Nine Pines Capital Limited",
        "九松資本有限公司",
        (("Adrian", "Poon"),),
        "va",
        "3.4",
        "136",
        "called 215",
    ),
    _firm(
        "Harbour Light Holdings Limited",
        "港光控股有限公司",
        (("Beatrice", "Mak"), ("Leonard", "Mak")),
        "banks",
        "11.0",
        "78",
        "called 540",
        limit="0.98",
    ),
    _person("Tang", "Siu Fong", "鄧小芳", "btc", "5.1", "91", "cured 2820"),
    # Thin cover: warned, or warned soon.
    _person("Lam", "Yuk Wah", "林玉華", "eth", "3.0", "96", "warned 400"),
    _person("Yeung", "Ho Fai", "楊浩輝", "btc", "4.4", "97", "warned 380"),
    _person("Chan", "Pui Shan", "陳珮珊", "va", "3.9", "95", "warned 365"),
    _person("Lo", "Kwok Wah", "盧國華", "btc", "2.7", "93", "warned 330"),
    _person("Ip", "Sze Man", "葉思敏", "eth", "2.2", "92", "warned 290"),
    _firm(
        "Red Kite Ventures Limited",
        "赤鳶創投有限公司",
        (("Dominic", "Yau"),),
        "va",
        "6.2",
        "94",
        "warned 240",
    ),
    _person("Fok", "Wing Sze", "霍詠詩", "btc", "3.3", "91", "warned 180"),
    _person("Tsang", "Man Kit", "曾文傑", "dollars", "4.0", "92", "warned 120"),
    _person("Szeto", "Lai Kuen", "司徒麗娟", "eth", "1.8", "90"),
    # The crash comes to these.
    _person("Choi", "Kin Pong", "蔡健邦", "btc", "6.0", "88", "repaid"),
    _person("Kong", "Suet Ying", "江雪瑩", "eth", "2.6", "86", "pledged"),
    _person("Mui", "Chun Hei", "梅俊熙", "va", "4.6", "87"),
    _firm(
        "Lantern Street Partners Limited",
        "燈街合伙有限公司",
        (("Fiona", "Ku"), ("Gilbert", "Ku")),
        "btc",
        "9.4",
        "85",
        "repaid",
    ),
    _person("Pun", "Ching Man", "潘靜雯", "eth", "2.4", "83", "bought"),
    _person("Au", "Yat Long", "區逸朗", "va", "3.1", "82"),
    _person("Law", "Kit Ying", "羅潔瑩", "dollars", "5.5", "81", "drew"),
    _person("Shum", "Wai Kit", "岑偉傑", "btc", "3.8", "80", "drew"),
    _firm(
        "Typhoon Eight Fund SPC",
        "八號風球基金",
        (("Nadia", "Ismail"),),
        "va",
        "12.0",
        "79",
        "bought",
    ),
    _person("Kwan", "Lok Yi", "關樂怡", "eth", "2.0", "77", "pledged"),
    # And these it leaves standing.
    _person("Suen", "Ming Tak", "孫明德", "tech", "14.0", "88", "repaid"),
    _person("Yu", "Ka Yan", "余嘉欣", "index", "7.5", "84"),
    _person("Hung", "Wing Lun", "洪永倫", "banks", "9.0", "81", "drew"),
    _firm(
        "Peak Terrace Family Office Limited",
        "山頂台家族辦公室有限公司",
        (("Marcus", "Au-Yeung"), ("Sophia", "Au-Yeung")),
        "index",
        "38.0",
        "72",
        "drew",
    ),
    _person("Chiu", "Hoi Lam", "趙凱琳", "insurer", "6.4", "76"),
    _person("Ma", "Shing Yip", "馬承業", "tech", "10.5", "70", "repaid"),
    _firm(
        "Golden Plover Investments Limited",
        "金鴴投資有限公司",
        (("Trevor", "Wan"),),
        "insurer",
        "18.0",
        "66",
        "drew",
    ),
    _person("Lui", "Oi Wah", "雷愛華", "btc", "5.0", "63"),
    _person("Yim", "Chun Kit", "嚴俊傑", "va", "4.2", "60", "bought"),
    _person("Tam", "Shuk Fan", "譚淑芬", "banks", "5.2", "57"),
    _person("Ko", "Tin Lok", "高天樂", "eth", "3.5", "54", "drew"),
    _person("Dai", "Yee Man", "戴綺雯", "index", "4.9", "50"),
)
