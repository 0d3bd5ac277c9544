"""What documents call things, in English and in Traditional Chinese. Pure."""

from typing import NamedTuple


class Words(NamedTuple):
    english: str
    chinese: str


DOCUMENTS = {
    "daily": Words("Daily statement of account", "戶口日結單"),
    "monthly": Words("Monthly statement of account", "戶口月結單"),
    "note": Words("Contract note", "成交單據"),
    "receipt": Words("Receipt", "收據"),
    "asked": Words("Statement of account", "戶口結單"),
}

ACCOUNTS = {
    "client_cash": Words("Your cash", "閣下的現金"),
    "principal": Words("Principal owed", "結欠本金"),
    "interest": Words("Interest due", "應付利息"),
    "overdue_interest": Words("Interest overdue", "逾期利息"),
    "costs": Words("Costs due", "應付代支費用"),
    "fees": Words("Fees due", "應付收費"),
    "deficit": Words("Deficit after a sale", "出售後未償差額"),
}

# By the entry's kind, the account's, and whether its balance grew.
POSTED = {
    ("draw", "client_cash", True): Words("Advance paid in", "貸款存入"),
    ("draw", "client_cash", False): Words("Advance paid out for dealing", "貸款付出作交易"),
    ("draw", "principal", True): Words("Advance", "貸款"),
    ("repayment", "client_cash", True): Words("Payment received", "收到款項"),
    ("repayment", "client_cash", False): Words("Applied to what is owed", "用於償還結欠"),
    ("sale", "client_cash", True): Words("Proceeds of a sale", "出售所得"),
    ("sale", "client_cash", False): Words("Applied to what is owed", "用於償還結欠"),
    ("purchase", "client_cash", False): Words("Purchase, costs included", "買入，包括費用"),
    ("interest", "interest", True): Words("Interest charged", "利息入帳"),
    ("interest_overdue", "interest", False): Words("Became overdue", "轉為逾期"),
    ("interest_overdue", "overdue_interest", True): Words("Unpaid interest", "未付利息"),
    ("deficit", "deficit", True): Words("Uncovered after a sale", "出售後未償差額"),
}
COSTS_OF_SALE = Words("Costs of the sale", "出售費用")
BY_KIND = {
    "repayment": Words("Repaid", "償還"),
    "sale": Words("Repaid from a sale", "以出售所得償還"),
    "deficit": Words("Moved to the deficit", "轉入未償差額"),
    "reversal": Words("Correction", "更正"),
}
ENTRY = Words("Entry", "記項")

MOVED = {
    ("client", True): Words("Received from you", "收自閣下"),
    ("client", False): Words("Returned to you", "交還閣下"),
    ("venue", True): Words("Bought", "買入"),
    ("venue", False): Words("Sold", "賣出"),
    ("issuer", True): Words("Corporate action, received", "公司行動，收取"),
    ("issuer", False): Words("Corporate action, taken back", "公司行動，收回"),
}

SIDES = {"buy": Words("Bought for you", "代閣下買入"), "sell": Words("Sold for you", "代閣下賣出")}
CALL_STATES = {
    "issued": Words("Issued", "已發出"),
    "acknowledged": Words("Acknowledged", "已確認收悉"),
    "part_cured": Words("Part cured", "部分補足"),
    "overdue": Words("Overdue", "逾期"),
    "liquidating": Words("Collateral being sold", "正出售抵押品"),
    "cured": Words("Cured", "已補足"),
    "closed": Words("Closed after a sale", "出售後結束"),
}
CALL_STEPS = {
    "acknowledge": Words("You acknowledged it", "閣下已確認收悉"),
    "part_cure": Words("Part cured", "部分補足"),
    "cure": Words("Cured", "已補足"),
    "accelerate": Words("The deadline came nearer", "期限提前"),
    "lapse": Words("The deadline passed", "期限已過"),
    "renew": Words("A new notice with a new deadline", "重新發出通知及期限"),
    "expire": Words("The deadline passed: collateral is sold", "期限已過，出售抵押品"),
    "liquidate": Words("Past the hard line: collateral is sold", "超越強制平倉線，出售抵押品"),
    "close": Words("Closed after a sale", "出售後結束"),
}

LABELS = {
    "account": Words("Account", "帳戶"),
    "account_kind": Words("Margin account", "保證金帳戶"),
    "client": Words("Client", "客戶"),
    "period": Words("Period", "期間"),
    "number": Words("Document", "單據編號"),
    "as_of": Words("As of", "截至"),
    "broker": Words("Licensed corporation", "持牌法團"),
    "summary": Words("Summary", "摘要"),
    "opening": Words("Opening balance", "期初結餘"),
    "closing": Words("Closing balance", "期末結餘"),
    "came": Words("Increase", "增加"),
    "went": Words("Decrease", "減少"),
    "owed": Words("Owed in all, with interest accrued", "結欠總額，連累計利息"),
    "market_value": Words("Market value", "市值"),
    "margin_value": Words("Margin value", "保證金價值"),
    "margin_ratio": Words("Margin ratio", "保證金比率"),
    "haircut": Words("Haircut", "扣減率"),
    "usage": Words("Margin usage", "保證金使用率"),
    "not_measured": Words("not measured", "未能計算"),
    "movements": Words("Movements of money", "款項變動"),
    "time": Words("Time", "時間"),
    "reference": Words("Reference", "參考編號"),
    "what": Words("What", "說明"),
    "amount": Words("Amount", "金額"),
    "balance": Words("Balance", "結餘"),
    "interest": Words("Interest", "利息計算"),
    "days": Words("Days", "日數"),
    "from_to": Words("Days of", "計息日期"),
    "closing_debt": Words("Closing debt", "每日結欠"),
    "rate": Words("Rate a year", "年利率"),
    "brought": Words("Accrued and not charged, brought forward", "承前累計未入帳利息"),
    "accrued": Words("Accrued in the period", "期內累計利息"),
    "charged": Words("Charged to the account", "已入帳利息"),
    "rounding": Words("Rounding of the charge to the cent", "入帳時調整至仙位"),
    "carried": Words("Accrued and not charged, carried forward", "累計未入帳利息結轉"),
    "collateral": Words("Collateral held for you", "為閣下持有的抵押品"),
    "asset": Words("Asset", "資產"),
    "units": Words("Units", "數量"),
    "price": Words("Price", "價格"),
    "price_source": Words("Price of", "價格來源及時間"),
    "units_moved": Words("Collateral in and out", "抵押品存入及提取"),
    "trades": Words("Deals of the period", "期內成交"),
    "own_sales": Words("Sales that we initiated", "由本公司發起的出售"),
    "gross": Words("Consideration", "成交金額"),
    "costs": Words("Costs", "費用"),
    "net": Words("Net", "淨額"),
    "venue": Words("Venue", "交易場所"),
    "for_call": Words("For margin call", "涉及追加保證金通知"),
    "calls": Words("Margin calls", "追加保證金通知"),
    "called": Words("Called for", "追收金額"),
    "state": Words("State", "狀況"),
    "issued": Words("Issued", "發出"),
    "page": Words("Page", "頁"),
    "nothing": Words("Nothing in this period.", "期內沒有記錄。"),
    "received": Words("Received from you", "收自閣下"),
    "capacity": Words(
        "We acted as your agent, not as principal.", "本公司以代理人身分行事，並非主事人。"
    ),
    "margin_account": Words("The account is a margin account.", "此帳戶為保證金帳戶。"),
    "settles": Words(
        "Settled at once: paid from, or to, your cash in the account.",
        "即時交收：由閣下帳戶內的現金支付或存入。",
    ),
    "not_repledged": Words(
        "Your collateral is not repledged. Virtual assets are held for you alone; they are not"
        " lent on, reused or charged.",
        "閣下的抵押品並無再質押。虛擬資產純為閣下持有，不會轉借、再用或設押。",
    ),
    "stale": Words(
        "† The price was older than it may be used when the period ended: the values are"
        " indicative, and usage is not measured.",
        "† 期末時該價格已逾可用時限：有關價值僅供參考，未能計算使用率。",
    ),
    "ratio_said": Words(
        "Margin ratio is 100% less the haircut. Margin value is the most that may be borrowed"
        " against the asset. Margin usage is what is owed in all against margin value and cash.",
        "保證金比率為100%減去扣減率。保證金價值為可憑該資產借入的最高金額。"
        "保證金使用率為結欠總額與保證金價值連同現金之比。",
    ),
    "look": Words(
        "All amounts are in Hong Kong dollars, all times in Hong Kong. Please look this over and"
        " tell us at once of anything that is not right.",
        "所有金額以港元計算，時間為香港時間。請核對本單據，如有錯漏請即時通知本公司。",
    ),
}


def posted_words(entry_kind: str, kind: str, grew: bool) -> Words:
    """What a posting is called in the account it stands in."""
    return POSTED.get((entry_kind, kind, grew)) or BY_KIND.get(entry_kind, ENTRY)


def moved_words(place: str, came: bool) -> Words:
    """What a movement of units is called by where it came from or went."""
    return MOVED.get((place, came), ENTRY)
