"""Sets documents as PDF: JSON on stdin, PDF on stdout. Run as a process of its own, one per document.

The gateway's own memory would keep 50 MB of fonts for pages that few ask for, and its event loop would wait.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import services
from contracts.errors import Transient

Template = Literal["classreport/templates/class.typ", "practice/templates/practice.typ"]
_GATEWAY = Path(__file__).parent
_ROOT = Path(services.__file__).parents[1]


class PressFailed(Exception):
    """The process gave no PDF."""


async def render_pdf(template: Template, view: Mapping[str, Any], patience: float = 30.0) -> bytes:
    """PDF bytes, the same every time for the same view; Transient when it takes longer than `patience` seconds."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        template,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # it might quote the document
        cwd=_ROOT,
    )
    try:
        async with asyncio.timeout(patience):
            pdf, _ = await process.communicate(json.dumps(view, ensure_ascii=False).encode())
    except TimeoutError:
        raise Transient("setting the PDF took too long") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not pdf.startswith(b"%PDF-"):
        raise PressFailed(f"exit code {process.returncode}")
    return pdf


def main() -> None:
    """The process."""
    import typst  # noqa: PLC0415 - the gateway itself needs neither
    from pylopdf_fonts_zh_cn import sans_path  # noqa: PLC0415

    path = _GATEWAY / sys.argv[1]
    template = path.read_bytes()
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(sans_path().parent)])
    compiler = typst.Compiler(template, root=str(path.parent), font_paths=fonts)
    # A fixed creation time: the same document is the same bytes.
    pdf = compiler.compile(template, format="pdf", sys_inputs={"view": sys.stdin.buffer.read().decode()}, timestamp=0)
    assert isinstance(pdf, bytes)
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    main()
