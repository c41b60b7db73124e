"""The chaos proxy does to connections what it says, and nothing else."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from tests.faults.proxy import Network, Proxy

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
def network() -> Iterator[Network]:
    network = Network()
    yield network
    network.close()


@pytest.fixture
async def proxy(network: Network) -> AsyncIterator[Proxy]:
    """In front of a server that echoes."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                seen.extend(data)
                writer.write(data)
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):  # streams log a cancelled server task as an error
            pass
        finally:
            writer.close()

    seen = bytearray()
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    proxy = network.proxy(server.sockets[0].getsockname()[1])
    proxy.seen = seen
    yield proxy
    server.close()


async def _connect(proxy: Proxy) -> Streams:
    return await asyncio.open_connection("127.0.0.1", proxy.port)


async def _ask(streams: Streams, data: bytes, within: float = 60) -> bytes:
    streams[1].write(data)
    async with asyncio.timeout(within):
        return await streams[0].readexactly(len(data))


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the server is asked
            await asyncio.sleep(0.01)


async def test_in_fair_weather_bytes_pass_unchanged_however_many(proxy: Proxy) -> None:
    streams = await _connect(proxy)
    data = bytes(range(256)) * 20_000
    assert await _ask(streams, data) == data
    streams[1].close()


async def test_latency_delays_an_answer_and_keeps_the_order(proxy: Proxy) -> None:
    streams = await _connect(proxy)
    proxy.set("down", latency=0.3)
    began = time.monotonic()
    streams[1].write(b"one")
    await asyncio.sleep(0.05)
    assert await _ask(streams, b"two!") == b"onet"
    assert time.monotonic() - began >= 0.3
    streams[1].close()


async def test_a_silent_direction_holds_what_is_sent_until_it_heals(proxy: Proxy) -> None:
    streams = await _connect(proxy)
    proxy.set("down", silent=True)
    with pytest.raises(TimeoutError):
        await _ask(streams, b"hello", 0.3)
    await _until(lambda: proxy.seen == b"hello")  # half open: the request did arrive
    proxy.heal()
    assert await asyncio.wait_for(streams[0].readexactly(5), 60) == b"hello"
    streams[1].close()


async def test_a_black_hole_accepts_and_forwards_nothing(proxy: Proxy) -> None:
    proxy.set("both", silent=True)
    streams = await _connect(proxy)
    with pytest.raises(TimeoutError):
        await _ask(streams, b"hello", 0.3)
    assert proxy.seen == b""
    streams[1].close()


async def test_a_reset_is_seen_as_one(proxy: Proxy) -> None:
    streams = await _connect(proxy)
    await _ask(streams, b"hello")
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(streams[0].readexactly(1), 60)
    streams[1].close()


async def test_a_shut_proxy_refuses_and_an_opened_one_takes_connections_on_the_same_port(proxy: Proxy) -> None:
    proxy.shut()
    with pytest.raises(ConnectionRefusedError):
        await _connect(proxy)
    proxy.open()
    streams = await _connect(proxy)
    assert await _ask(streams, b"hello") == b"hello"
    streams[1].close()


async def test_a_cut_reply_means_that_the_request_arrived(proxy: Proxy) -> None:
    proxy.cut_replies(1)
    streams = await _connect(proxy)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await _ask(streams, b"hello")
    await _until(lambda: proxy.seen == b"hello")
    again = await _connect(proxy)
    assert await _ask(again, b"world") == b"world"
    again[1].close()
    streams[1].close()


async def test_an_answer_to_one_client_is_cut_and_those_to_others_are_not(proxy: Proxy) -> None:
    one, other = await _connect(proxy), await _connect(proxy)
    assert (await _ask(one, b"a"), await _ask(other, b"b")) == (b"a", b"b")
    proxy.cut_reply_to(one[1].get_extra_info("sockname")[1])
    assert await _ask(other, b"c") == b"c"
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await _ask(one, b"d")
    await _until(lambda: proxy.seen.endswith(b"d"))
    for streams in (one, other):
        streams[1].close()


async def test_rate_and_slices_slow_down_and_lose_nothing(proxy: Proxy) -> None:
    streams = await _connect(proxy)
    proxy.set("up", rate=50_000, slices=1000)
    began = time.monotonic()
    data = bytes(range(250)) * 60
    assert await _ask(streams, data) == data
    assert time.monotonic() - began > 0.25
    streams[1].close()
