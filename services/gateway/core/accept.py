"""Media types as clients name them: `Accept` (RFC 9110 section 12.5.1) and `Content-Type`."""


def essence(content_type: str | None) -> str:
    """The type without its parameters, in small letters; "" without any."""
    return (content_type or "").partition(";")[0].strip().lower()


def acceptable(accept: str | None, kind: str) -> bool:
    """Whether an answer of this kind may be sent. Without a header anything may; the most specific range decides."""
    if not (accept or "").strip():
        return True
    kind = essence(kind)
    best, quality = -1, 0.0
    for entry in (accept or "").split(","):
        wanted, *parameters = (part.strip().lower() for part in entry.split(";"))
        rank = _rank(wanted, kind)
        if rank > best:
            best, quality = rank, _quality(parameters)
    return best >= 0 and quality > 0


def _rank(wanted: str, kind: str) -> int:
    """How specifically a range names the kind; -1 when it doesn't."""
    if wanted == kind:
        return 2
    if wanted == f"{kind.partition('/')[0]}/*":
        return 1
    return 0 if wanted in {"*/*", "*"} else -1


def _quality(parameters: list[str]) -> float:
    """Of `q=0.5`; 1 when there is none that can be read."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 1.0
    return 1.0
