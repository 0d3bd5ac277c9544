"""A real browser against a real server: skipped, and said so, where there is no chromium."""

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from broker import env

DESK = {"width": 1440, "height": 900}


@pytest.fixture(scope="session")
def browser():
    """One chromium for all journeys."""
    if not env.CHROMIUM_PATH.exists():
        pytest.skip(f"there is no browser at {env.CHROMIUM_PATH} (CHROMIUM_PATH names another)")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # The driver runs a loop in this thread, and Django would refuse rows to it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=env.CHROMIUM_PATH, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, live_server):
    """
    Opens a window of its own for a visitor, signed in where a user is named.

    When the test ends, no page may have complained: no error in the console, no refused script or
    style, no exception. One that `may_complain` is left out of that.
    """
    windows, complaints = [], []

    def opened(user=None, *, may_complain=False, **options) -> Page:
        window = browser.new_context(
            base_url=live_server.url, viewport=DESK, locale="en-HK", **options
        )
        windows.append(window)
        page = window.new_page()
        if not may_complain:
            page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
        if user:
            page.goto("/login/")
            page.get_by_label("User name").fill(user.username)
            page.get_by_label("Password").fill("secret")
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_load_state("networkidle")
        return page

    yield opened
    for window in windows:
        window.close()
    assert complaints == []


def overflow_of(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
