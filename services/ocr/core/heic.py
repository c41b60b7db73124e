"""HEIC, where its decoder is installed: libheif and libde265 are LGPL, so an image has them only when asked for (ADR 19)."""

import io
from typing import Any

from contracts.errors import ErrorCode, Permanent

try:
    import pi_heif
except ImportError:  # the extra `heic`
    pi_heif = None


def opened(data: bytes) -> Any:
    """The file, not yet decoded: it has `size` and `to_pillow()`. Permanent(UNSUPPORTED_MEDIA) without the decoder."""
    if pi_heif is None:
        raise Permanent(ErrorCode.UNSUPPORTED_MEDIA, "HEIC, and its decoder is not installed")
    return pi_heif.open_heif(io.BytesIO(data))
