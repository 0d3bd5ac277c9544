"""
The one file that speaks to a venue: ask all at once, each within its time, and keep no manners bad.

What comes back is bytes or a reason. Nothing here knows what a body means.
"""

import asyncio
import ssl
from collections.abc import Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import urlsplit

import httpx

from collateral.prices.quote import SourceUnavailable

LARGEST = 1024 * 1024  # Bytes of a body.
BACK_OFF = timedelta(seconds=10)  # After "too many", where the venue names no time.
LONGEST_BACK_OFF = timedelta(minutes=5)
TOO_MANY = (418, 429)
IN_VAIN = (400, 401, 403, 404, 405, 410, 451)
AGENT = "harbour-prices/1"

Answer = bytes | SourceUnavailable


@dataclass(frozen=True, slots=True)
class Ask:
    """One GET. `holds`: so long its last good answer stands, and it is not asked again."""

    url: str
    timeout: timedelta
    holds: timedelta = timedelta(0)
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Memory:
    """Of one process: answers that still hold, and hosts that asked to be left alone."""

    kept: dict[Ask, tuple[datetime, bytes]] = field(default_factory=dict)
    not_before: dict[str, datetime] = field(default_factory=dict)


def fetch(asks: Iterable[Ask], memory: Memory, *, now: datetime) -> Mapping[Ask, Answer]:
    """
    The body of each, or why there is none; none takes longer than its own timeout, and the whole
    not longer than the longest. No redirect is followed and nothing unpacked.
    """
    answers: dict[Ask, Answer] = {}
    to_ask = []
    for ask in dict.fromkeys(asks):
        found = _known(ask, memory, now)
        if found is None:
            to_ask.append(ask)
        else:
            answers[ask] = found
    if to_ask:
        # In a thread of its own: whoever calls may have a loop that runs already.
        with ThreadPoolExecutor(1) as thread:
            fetched = thread.submit(_run, _all(to_ask, memory, now)).result()
        for ask, answer in zip(to_ask, fetched, strict=True):
            answers[ask] = answer
            if ask.holds and isinstance(answer, bytes):
                memory.kept[ask] = (now, answer)
    return answers


def _run(asking: Coroutine) -> list[Answer]:
    """
    As `asyncio.run`, which would wait at its end for names that are still being looked up: one
    that nobody resolves would hold up all.
    """
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(asking)
    finally:
        loop.close()


def _known(ask: Ask, memory: Memory, now: datetime) -> Answer | None:
    kept = memory.kept.get(ask)
    if kept and timedelta(0) <= now - kept[0] < ask.holds:
        return kept[1]
    until = memory.not_before.get(_host(ask.url))
    if until and now < until:
        return SourceUnavailable(f"asked us to wait until {until:%H:%M:%S} UTC", retry=True)
    return None


async def _all(asks: list[Ask], memory: Memory, now: datetime) -> list[Answer]:
    async with httpx.AsyncClient(
        trust_env=False,
        follow_redirects=False,
        verify=_trusted(),
        headers={"User-Agent": AGENT, "Accept-Encoding": "identity"},
        limits=httpx.Limits(max_connections=None),
    ) as client:
        return await asyncio.gather(*(_one(client, ask, memory, now) for ask in asks))


async def _one(client: httpx.AsyncClient, ask: Ask, memory: Memory, now: datetime) -> Answer:
    seconds = ask.timeout.total_seconds()
    try:
        async with asyncio.timeout(seconds):
            request = client.build_request(
                "GET", ask.url, headers=dict(ask.headers), timeout=seconds
            )
            reply = await client.send(request, stream=True)
            try:
                return await _body(reply, ask, memory, now)
            finally:
                await reply.aclose()
    except SourceUnavailable as error:
        return error
    except TimeoutError:
        return SourceUnavailable(f"no answer within {seconds:g} s", retry=True)
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        # Its text may hold the address, and an address may hold a key.
        return SourceUnavailable(f"not reached ({type(error).__name__})", retry=True)


async def _body(reply: httpx.Response, ask: Ask, memory: Memory, now: datetime) -> bytes:
    status = reply.status_code
    if status in TOO_MANY:
        memory.not_before[_host(ask.url)] = now + _asked_to_wait(reply)
        raise SourceUnavailable(f"HTTP {status}: too many requests", retry=True)
    if status != httpx.codes.OK:
        raise SourceUnavailable(f"HTTP {status}", retry=status not in IN_VAIN)
    if reply.headers.get("content-encoding", "identity") != "identity":
        raise SourceUnavailable("a packed body that nobody asked for", retry=True)
    body = bytearray()
    async for part in reply.aiter_raw():
        body += part
        if len(body) > LARGEST:
            raise SourceUnavailable(f"a body of more than {LARGEST} bytes", retry=True)
    return bytes(body)


def _asked_to_wait(reply: httpx.Response) -> timedelta:
    said = reply.headers.get("retry-after", "")
    if not (said.isascii() and said.isdecimal() and len(said) < 6):
        return BACK_OFF
    return min(timedelta(seconds=int(said)), LONGEST_BACK_OFF)


def _host(url: str) -> str:
    return urlsplit(url).netloc


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()
