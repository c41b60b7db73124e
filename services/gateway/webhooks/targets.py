"""Which URLs and which addresses may be called: https to the public internet, nothing else (SSRF)."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

_MAX_CHARS = 2048
_PRINTABLE = re.compile(r"[!-~]+")
_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_DEFAULT_PORTS = {"https": 443, "http": 80}

_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""The only part of IPv6 that is given to hosts: so ULA, link-local, multicast, IPv4-mapped and NAT64 are outside."""
_TRANSITION = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
"""Parts of it that are not: Teredo and other protocol assignments, documentation, 6to4 (which embeds IPv4)."""
_CLOUD = (IPv4Network("168.63.129.16/32"),)
"""Public in form, but inside the cloud: Azure's platform endpoint. Other clouds' metadata addresses are private ones."""


class Refused(Exception):
    """A URL or address that isn't called; the message tells the user why."""


@dataclass(frozen=True)
class Rules:
    """What is allowed. `loopback` also allows plain http and any port, to loopback only; for development."""

    ports: frozenset[int]
    loopback: bool = False


@dataclass(frozen=True)
class Target:
    """A URL, taken apart. `host` without brackets; `path` with query."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _DEFAULT_PORTS["https" if self.secure else "http"] else f"{name}:{self.port}"


def parse(url: str, rules: Rules) -> Target:
    """The target of a URL; Refused."""
    if len(url) > _MAX_CHARS or not _PRINTABLE.fullmatch(url):
        raise Refused(f"must be at most {_MAX_CHARS} printable ASCII characters: write others percent-encoded")
    target = _target(url)
    if not rules.loopback:
        _require_public_channel(target, rules)
    literal = _literal(target.host)
    if literal is not None:
        permit(target, literal, rules)
    elif not _NAME.fullmatch(target.host):
        raise Refused("must name a host, such as https://example.com/hooks")
    return target


def permit(target: Target, address: str, rules: Rules) -> None:
    """Whether an address the host has may be connected to; Refused."""
    ip = ip_address(address)
    if rules.loopback and ip.is_loopback:
        return
    _require_public_channel(target, rules)
    if not _public(ip):
        raise Refused("must be a public address: private, local and reserved networks are not called")


def _target(url: str) -> Target:
    try:
        split = urlsplit(url)
        host, port = split.hostname or "", split.port
    except ValueError as error:
        raise Refused("must be a URL such as https://example.com/hooks") from error
    if split.scheme not in _DEFAULT_PORTS or not host:
        raise Refused("must be a URL such as https://example.com/hooks")
    if "@" in split.netloc:
        raise Refused("must not carry a user name or password: deliveries are signed instead")
    if split.fragment or url.endswith("#"):
        raise Refused("must not have a fragment (#)")
    default = _DEFAULT_PORTS[split.scheme]
    return Target(split.scheme == "https", host, default if port is None else port, _path(split))


def _path(split: SplitResult) -> str:
    return (split.path or "/") + (f"?{split.query}" if split.query else "")


def _require_public_channel(target: Target, rules: Rules) -> None:
    if not target.secure:
        raise Refused("must begin with https://")
    if target.port not in rules.ports:
        raise Refused(f"must use port {' or '.join(str(port) for port in sorted(rules.ports))}")


def _literal(host: str) -> str | None:
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def _public(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast and not any(ip in network for network in _CLOUD)
    return ip in _GLOBAL_UNICAST and ip.is_global and not any(ip in network for network in _TRANSITION)
