"""The way out: to checked addresses only, as who was asked for."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.gateway.webhooks.egress import Egress
from services.gateway.webhooks.targets import Refused, Rules
from tests.component.gateway.harness import PATIENCE, Running, gateway, until
from tests.component.gateway.webhooks.conftest import Open, deliveries, impatient, register
from tests.component.gateway.webhooks.receiver import Receiver, answers, certificate_for, receiving

NAME = "hooks.example.test"
LOOPBACK = Rules(frozenset({443}), loopback=True)


class Resolver:
    """A name server that a test steers."""

    def __init__(self, *addresses: str) -> None:
        self.addresses: Sequence[str] = addresses
        self.asked: list[str] = []

    async def __call__(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        if not self.addresses:
            raise OSError("no such name")
        return self.addresses


@asynccontextmanager
async def secured(folder: Path, name: str) -> AsyncIterator[tuple[Receiver, ssl.SSLContext]]:
    serving, trusting = certificate_for(name, folder)
    async with receiving(serving) as receiver:
        yield receiver, trusting


async def test_https_goes_to_the_checked_address_with_the_name_in_sni_host_and_certificate(tmp_path: Path) -> None:
    async with secured(tmp_path, NAME) as (receiver, trusting):
        resolver = Resolver("127.0.0.1")
        egress = Egress(LOOPBACK, PATIENCE, resolver, trusting)
        attempt = await egress.post(receiver.url(scheme="https", host=NAME), {"webhook-id": "1"}, b"{}")
        assert (attempt.status, attempt.error) == (200, None)
        (message,) = receiver.heard
        assert message.server_name == NAME
        assert message.headers["host"] == f"{NAME}:{receiver.port}"
        assert resolver.asked == [NAME]


async def test_a_certificate_of_another_name_or_of_an_unknown_authority_is_not_accepted(tmp_path: Path) -> None:
    async with secured(tmp_path, "other.example.test") as (receiver, trusting):
        url = receiver.url(scheme="https", host=NAME)
        for trust, why in ((trusting, "Hostname mismatch"), (None, "unable to get local issuer certificate")):
            attempt = await Egress(LOOPBACK, PATIENCE, Resolver("127.0.0.1"), trust).post(url, {}, b"{}")
            assert attempt.status is None
            assert (attempt.error or "").startswith("certificate not accepted:")
            assert why in (attempt.error or "")
        assert receiver.heard == []


async def test_a_receiver_without_tls_behind_https_is_a_failure(receiver: Receiver) -> None:
    attempt = await Egress(LOOPBACK, 1).post(receiver.url(scheme="https"), {}, b"{}")
    assert attempt.error in {"TLS handshake failed", "connection refused or lost", "no answer within 1 s"}
    assert receiver.heard == []


async def test_a_name_that_also_resolves_to_an_address_inside_is_not_called_at_all(receiver: Receiver) -> None:
    for inside in ("10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::a00:1"):
        for addresses in (("127.0.0.1", inside), (inside, "127.0.0.1")):
            egress = Egress(LOOPBACK, PATIENCE, Resolver(*addresses))
            attempt = await egress.post(receiver.url(host=NAME), {}, b"{}")
            assert attempt.refused
            with pytest.raises(Refused):
                await egress.check(receiver.url(host=NAME))
    assert receiver.heard == []


async def test_the_system_resolver_is_held_to_the_same_rules() -> None:
    # localhost, and the forms of 127.0.0.1 that only a resolver understands.
    egress = Egress(Rules(frozenset({443})), 5)
    for host in ("localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1"):
        attempt = await egress.post(f"https://{host}/", {}, b"{}")
        assert attempt.refused or attempt.error == "the host name does not resolve"
        assert attempt.status is None


async def test_a_second_address_is_tried_when_the_first_does_not_answer(receiver: Receiver) -> None:
    egress = Egress(LOOPBACK, PATIENCE, Resolver("127.0.0.2", "127.0.0.1"))
    assert (await egress.post(receiver.url(host=NAME), {}, b"{}")).status == 200


async def test_a_name_that_does_not_resolve_passes_the_check_and_fails_the_attempt() -> None:
    egress = Egress(Rules(frozenset({443})), 5, Resolver())
    await egress.check(f"https://{NAME}/")
    assert (await egress.post(f"https://{NAME}/", {}, b"{}")).status is None


async def test_a_redirect_is_a_failure_and_is_not_followed(running: Running, receiver: Receiver) -> None:
    async with receiving() as inside:
        webhook = await register(running, receiver.url())
        receiver.manners = [answers(status, f"Location: {inside.url()}\r\n") for status in (301, 302, 303, 307, 308)]
        await running.report(await running.exam())
        await until(lambda: len(receiver.heard) == 6)
        assert inside.heard == []
        assert len({message.id for message in receiver.heard}) == 1
        await until(lambda: _all_ended(running, webhook))
        (delivery,) = await deliveries(running, webhook)
        assert (delivery["state"], delivery["failures"]) == ("delivered", 5)


async def test_a_name_that_flips_to_an_address_inside_is_refused_until_it_flips_back(
    opened: Open, receiver: Receiver
) -> None:
    resolver = Resolver("127.0.0.1")
    egress = Egress(LOOPBACK, PATIENCE, resolver)
    async with opened(go_out=lambda _: egress, retry_seconds=(0.2,) * 1000) as running:
        webhook = await register(running, receiver.url(host=NAME))
        resolver.addresses = ("10.0.0.1",)
        await running.report(await running.exam())
        await until(lambda: _said(running, webhook, "not called"))
        assert receiver.heard == []
        resolver.addresses = ("127.0.0.1",)
        await until(lambda: receiver.heard)
        await until(lambda: _all_ended(running, webhook))
        assert len(receiver.heard) == 1


async def test_a_production_gateway_refuses_urls_inside_with_advice_and_accepts_nothing(
    database: str, tmp_path: Path
) -> None:
    inside = [
        "http://example.com/", "https://127.0.0.1/", "https://localhost/", "https://169.254.169.254/latest",
        "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://example.com:22/", "https://u:p@example.com/", "x",
    ]  # fmt: skip
    async with gateway(database, tmp_path, opened={"hooks": impatient(allow_loopback=False)}) as running:
        for url in inside:
            refused = await running.client.post("/api/v1/webhooks", json={"url": url})
            _advised(refused, "/url")
            _advised(await running.upload(callback_url=url), "/callback_url")
        assert (await running.get("/exams")).json()["items"] == []
        assert (await running.get("/webhooks")).json()["items"] == []
        assert await running.sql("SELECT 1 FROM outbox") == []


def _advised(response: Any, pointer: str) -> None:
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["pointer"] == pointer
    assert error["detail"].startswith("must ")


async def _said(running: Running, webhook: dict[str, Any], what: str) -> bool:
    (delivery,) = await deliveries(running, webhook)
    return str(delivery["last_error"]).startswith(what)


async def _all_ended(running: Running, webhook: dict[str, Any]) -> bool:
    await asyncio.sleep(0)
    return {each["state"] for each in await deliveries(running, webhook)} == {"delivered"}


async def test_an_answer_counts_however_slowly_its_body_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.webhooks.egress._GRACE_SECONDS", 2.0)
    gone = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            await reader.read()  # the body never comes
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        gone.set()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        attempt = await Egress(LOOPBACK, PATIENCE, Resolver("127.0.0.1")).post(url, {}, b"{}")
        await asyncio.wait_for(gone.wait(), 60)
    assert (attempt.status, attempt.error) == (200, None)
