"""Which URLs and addresses are called."""

import pytest

from services.gateway.webhooks.targets import Refused, Rules, parse, permit

PUBLIC = Rules(frozenset({443, 8443}))
LOOPBACK = Rules(frozenset({443, 8443}), loopback=True)


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("https://example.com", "example.com", 443, "/", "example.com"),
        ("https://Example.COM:8443/a/b?c=d&e", "example.com", 8443, "/a/b?c=d&e", "example.com:8443"),
        ("https://example.com./x", "example.com.", 443, "/x", "example.com."),
        ("https://1.1.1.1/x", "1.1.1.1", 443, "/x", "1.1.1.1"),
        ("https://[2606:4700::1111]:8443/", "2606:4700::1111", 8443, "/", "[2606:4700::1111]:8443"),
        ("https://xn--fiqs8s.example/%E4%B8%AD", "xn--fiqs8s.example", 443, "/%E4%B8%AD", "xn--fiqs8s.example"),
    ],
)
def test_a_public_https_url_is_taken_apart(url: str, host: str, port: int, path: str, authority: str) -> None:
    target = parse(url, PUBLIC)
    assert (target.secure, target.host, target.port, target.path, target.authority) == (
        True,
        host,
        port,
        path,
        authority,
    )


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "http://example.com", "ftp://example.com", "file:///etc/passwd", "gopher://example.com",
        "https://", "https:///x", "https://user@example.com", "https://user:pw@example.com", "https://@example.com",
        "https://example.com#x", "https://example.com/#", "https://example.com:80", "https://example.com:22",
        "https://example.com:0", "https://example.com:99999", "https://example.com:x", "https://exam ple.com",
        "https://example.com/\r\nHost: b", "https://例子.cn", "https://example.com/中", "https://a..b", "https://-/" + "a" * 2048,
        "https://good.example\\@127.0.0.1/", "https://127.0.0.1\\.good.example/", "https://[::1", "https://" + "a" * 64 + ".com",
        "//example.com", "https://exa%6dple.com", "https://example.com,b.com",
    ],
)  # fmt: skip
def test_a_url_that_is_not_plain_https_to_a_host_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        parse(url, PUBLIC)


FORBIDDEN = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.255", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::a00:1", "64:ff9b::808:808",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "5f00::1",
]  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_inside_is_refused_as_a_literal_and_as_what_a_name_resolves_to(address: str) -> None:
    with pytest.raises(Refused):
        permit(parse("https://example.com", PUBLIC), address, PUBLIC)
    with pytest.raises(Refused):
        parse(f"https://[{address}]/" if ":" in address else f"https://{address}/", PUBLIC)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "114.114.114.114", "2606:4700::1111", "2400:3200::1"])
def test_a_public_address_is_permitted(address: str) -> None:
    permit(parse("https://example.com", PUBLIC), address, PUBLIC)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/x", "http://[::1]:9/", "https://127.0.0.1:1/"])
def test_development_may_call_loopback_without_tls(url: str) -> None:
    parse(url, LOOPBACK)


@pytest.mark.parametrize("address", [each for each in FORBIDDEN if not each.startswith("127.") and each != "::1"])
def test_development_may_call_nothing_else_inside(address: str) -> None:
    with pytest.raises(Refused):
        permit(parse("https://example.com", LOOPBACK), address, LOOPBACK)


def test_development_does_not_send_in_the_clear_to_the_internet() -> None:
    with pytest.raises(Refused):
        permit(parse("http://example.com", LOOPBACK), "1.1.1.1", LOOPBACK)
    with pytest.raises(Refused):
        permit(parse("https://example.com:8080", LOOPBACK), "1.1.1.1", LOOPBACK)
