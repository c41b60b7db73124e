"""A tab of a real browser that has signed in to the page for people."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright, expect

from tests.component.gateway.harness import DEV_KEY, Running

LONG = 60_000
"""Milliseconds on a busy machine."""


@asynccontextmanager
async def signed_in(running: Running) -> AsyncIterator[Page]:
    """Fails the test when the page errs or its policy blocks something; answers 4xx that a test asks for are no errors."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium, "the page is tested in a real browser: install chromium"
    wrong: list[str] = []
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-quic"])
        context = await browser.new_context(locale="zh-CN", base_url=f"http://127.0.0.1:{running.port}")
        context.set_default_timeout(LONG)
        expect.set_options(timeout=LONG)
        page = await context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
        await page.goto("/")
        await page.get_by_label("API 密钥").fill(DEV_KEY)
        await page.get_by_role("button", name="进入").click()
        await expect(page.get_by_role("heading", name="上传试卷")).to_be_visible(timeout=LONG)
        yield page
        await browser.close()
    assert not [line for line in wrong if "status of 4" not in line], wrong
