"""
An engine of its own in plain Python, to hold the replay's bad debt against.

It knows the drawn book, the prices, the documented answers of clients and the rules as they are
written down, in floats and dictionaries; nothing of the margin, trading or liquidation code.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from broker.replay.answers import drawn as answer_drawn
from broker.replay.book import drawn
from collateral.prices.market_hours import is_open

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
VA, SHARE = (0.60, 0.35), (0.30, 0.20)
RATE = 0.0425 + 0.03
COST = 1 - (1 - 0.0006) * (1 - 0.0025)  # Half a spread, a little impact, the venue's fee.
DEPTH = 0.01
HOUR = timedelta(hours=1)


def haircuts(code):
    return VA if code in ("BTC", "ETH") else SHARE


class Account:
    def __init__(self, number, borrower, prices):
        self.number = f"MA{number:06}"
        self.units = {pledge.code: float(pledge.units) for pledge in borrower.pledges}
        self.debt = float(int(float(borrower.usage) * self.margin(prices)))
        self.state, self.mark, self.calls, self.lost = "fine", None, 0, 0.0
        self.due = self.answer = None
        self.accelerated = self.lapsed = False

    def value(self, prices, line=None):
        return sum(
            units * prices[code] * (1 if line is None else 1 - haircuts(code)[line])
            for code, units in self.units.items()
        )

    def margin(self, prices):
        return self.value(prices, 0)

    def hard(self, prices):
        return self.value(prices, 1)


def call(account, now, hours, seed):
    account.state, account.due, account.lapsed = "called", now + hours * HOUR, False
    account.accelerated = hours < 24
    found = answer_drawn(seed, account.number, account.calls)
    account.calls += 1
    account.answer = found and (now + found[0], found[1])


def review(account, prices, now, seed):
    """One reading: mark, call, hurry, lapse, renew, cure, or begin the sale."""
    if account.state not in ("fine", "called"):
        return
    debt, margin, hard = account.debt, account.margin(prices), account.hard(prices)
    short = debt - margin > min(100_000, 0.01 * debt)
    near = 4 * debt > margin + 3 * hard
    if debt > hard and account.mark and now - account.mark >= timedelta(seconds=20):
        account.state = "selling"
        account.calls += account.due is None
    elif account.state == "fine" and short:
        call(account, now, 4 if near else 24, seed)
    elif account.state == "called" and not account.lapsed and account.due <= now:
        if short:
            account.state = "selling"
        elif debt > 0.95 * margin:
            account.lapsed = True
    elif account.state == "called" and account.lapsed and short:
        account.lapsed, account.due = False, now + HOUR
        account.accelerated = near
    elif account.state == "called" and short and near and not account.accelerated:
        account.accelerated, account.due = True, min(account.due, now + 4 * HOUR)
    if account.state == "called" and debt <= 0.95 * margin:
        account.state = "fine"
    if account.state == "fine":
        account.due = account.answer = None
    account.mark = (account.mark or now) if debt > hard else None


def answer(account, prices):
    """The client pays what cures, or pledges it in the VA (else the share) held most of."""
    pays, account.answer = account.answer[1], None
    missing = account.debt - 0.95 * account.margin(prices)
    if account.state != "called" or missing <= 0:
        return
    if pays:
        account.debt -= min(account.debt, -(-missing // 1000) * 1000)
        return
    held = [code for code in account.units if code in ("BTC", "ETH")] or list(account.units)
    most = max(held, key=lambda code: account.units[code] * prices[code])
    account.units[most] += missing / (0.95 * prices[most] * (1 - haircuts(most)[0]))


def sell(accounts, prices, depth, now):
    """Hard-line accounts first, then the larger shortfall; each down to the target."""
    waiting = [account for account in accounts if account.state == "selling"]
    waiting.sort(key=lambda a: (a.debt <= a.hard(prices), a.margin(prices) - a.debt, a.number))
    for account in waiting:
        order = sorted(account.units, key=lambda code: (haircuts(code) == SHARE, code))
        for code in order:
            excess = account.debt - 0.95 * account.margin(prices)
            open_now = is_open("24h" if haircuts(code) == VA else "XHKG", now)
            if excess <= 0 or not open_now:
                continue
            relief = (1 - COST) - 0.95 * (1 - haircuts(code)[0])
            wanted = min(excess / relief, account.debt / (1 - COST)) / prices[code]
            units = min(wanted, account.units[code], depth.get(code, 0.0))
            account.units[code] -= units
            account.debt -= units * prices[code] * (1 - COST)
            depth[code] = depth.get(code, 0.0) - units
        account.units = {code: units for code, units in account.units.items() if units > 1e-9}
        if not account.units:
            account.state, account.lost, account.debt = "lost", max(0.0, account.debt), 0.0
        elif account.debt <= 0.95 * account.margin(prices) + 0.01:
            account.state = "fine"
            account.due = account.answer = account.mark = None


def bad_debt(scenario, *, accounts, seed):
    """What is lost and what is uncovered at the end, HKD."""
    prices = {code: float(quote.price) for code, quote in scenario.opening.items()}
    volume = {code: float(q.volume_per_minute or 0) for code, q in scenario.opening.items()}
    borrowers = drawn(accounts, scenario, seed=seed)
    book = [Account(number, each, prices) for number, each in enumerate(borrowers, start=1)]
    now = scenario.starts_at
    local = now.astimezone(HONG_KONG)
    accrual = datetime.combine(local.date(), time(0, 5), HONG_KONG)
    accrual += timedelta(days=1) if accrual <= local else timedelta(0)
    depth = {}
    for moment in scenario.moments:
        while True:
            answers = [a.answer[0] for a in book if a.answer and a.answer[0] < moment.at]
            selling = any(account.state == "selling" for account in book)
            minute = now + timedelta(minutes=1)
            due = [*answers, *([accrual] if accrual < moment.at else [])]
            due += [minute] if selling and minute < moment.at else []
            if not due:
                break
            at = min(due)
            for account in book:
                if account.answer and account.answer[0] <= at:
                    answer(account, prices)
                    review(account, prices, at, seed)
            if at == accrual:
                accrual += timedelta(days=1)
                for account in book:
                    account.debt += account.debt * RATE / 365
            if at == minute:
                depth = {code: DEPTH * traded for code, traded in volume.items()}
                sell(book, prices, depth, at)
                now = minute
        for quote in moment.quotes:
            prices[quote.asset] = float(quote.price)
            volume[quote.asset] = float(quote.volume_per_minute or 0)
        for account in book:
            review(account, prices, moment.at, seed)
        if moment.at - now >= timedelta(minutes=1):
            depth = {code: DEPTH * traded for code, traded in volume.items()}
        sell(book, prices, depth, moment.at)
        now = moment.at
    uncovered = sum(max(0.0, account.debt - account.value(prices)) for account in book)
    return sum(account.lost for account in book) + uncovered
