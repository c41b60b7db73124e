"""What `docs/api.md` tells client developers to put into a page, in a real browser."""

import asyncio
import re
import shutil
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from contracts.status import Status
from tests.component.gateway.harness import Bus, Running, gateway, serve, until

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SNIPPET = re.search(r"```js\n(.*?)```", Path("docs/api.md").read_text("utf-8"), re.DOTALL)
PAGE = """<!doctype html><meta charset="utf-8"><script>
const REDINK = "%s";
%s
watch("%s", (data) => fetch(`/seen/${data.number}/${data.status}`, {method: "POST"}));
</script>"""


def school(running: Running, exam_id: str, seen: list[tuple[int, str]], tickets: list[str]) -> Starlette:
    """The client's own server: a page, tickets for it, and what it saw."""
    assert SNIPPET is not None
    html = PAGE % (str(running.client.base_url).rstrip("/"), SNIPPET[1], exam_id)

    async def page(_request: Request) -> Response:
        return HTMLResponse(html)

    async def ticket(request: Request) -> Response:
        made = await running.client.post(f"/api/v1/exams/{request.path_params['id']}/tickets")
        tickets.append(made.json()["ticket"])
        return JSONResponse(made.json())

    async def told(request: Request) -> Response:
        seen.append((int(request.path_params["number"]), request.path_params["status"]))
        return Response()

    return Starlette(
        routes=[
            Route("/", page),
            Route("/tickets/{id}", ticket, methods=["POST"]),
            Route("/seen/{number}/{status}", told, methods=["POST"]),
        ]
    )


async def test_a_page_follows_an_exam_with_tickets_across_streams_that_end(database: str, tmp_path: Path) -> None:
    assert CHROMIUM, "the page is tested in a real browser: install chromium"
    seen: list[tuple[int, str]] = []
    tickets: list[str] = []
    async with gateway(database, tmp_path / "blobs", bus=Bus(), live_seconds=2.0) as running:
        exam = await running.exam()
        async with serve(school(running, exam["exam_id"], seen, tickets)) as port:
            browser = await asyncio.create_subprocess_exec(
                str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile",
                f"http://127.0.0.1:{port}/", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            try:
                await until(lambda: (1, "UPLOADED") in seen, 120)
                await running.say(exam, Status.OCR_PROCESSING)
                await until(lambda: (2, "OCR_PROCESSING") in seen, 60)
                await until(lambda: len(tickets) >= 2, 60)  # the first stream is over
                await running.report(exam)
                await until(lambda: len(seen) >= 4, 60)  # the page tells each in a request of its own
            finally:
                browser.kill()
                await browser.wait()
    assert [number for number, _ in sorted(seen)] == [1, 2, 3, 4]
    assert (4, "COMPLETED") in seen
    assert len(set(tickets)) == len(tickets) >= 2
