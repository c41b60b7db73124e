"""Fetches the fonts that the reader is trained on, as `fonts.txt` pins them.

python -m scripts.train_hand.fonts --out FOLDER [--list FILE]: needs npm, with a registry configured; a minute or two.
"""

import argparse
import base64
import hashlib
import subprocess
import tarfile
from pathlib import Path
from typing import NamedTuple

LIST = Path(__file__).with_name("fonts.txt")


class Pinned(NamedTuple):
    """A package of the @fontsource scope. integrity: as package managers write it, sha512-<base64>."""

    name: str
    version: str
    licence: str
    integrity: str


def pinned(text: str) -> list[Pinned]:
    """The packages of a list, one a line."""
    return [Pinned(*line.split()) for line in text.splitlines() if line and not line.startswith("#")]


def fetched(font: Pinned, out: Path) -> Path:
    """The unpacked package's folder. Raises ValueError when it is not what was pinned."""
    home = out / font.name
    unpacked = home / ".unpacked"
    if unpacked.exists():
        return home
    home.mkdir(parents=True, exist_ok=True)
    subject = f"@fontsource/{font.name}@{font.version}"
    subprocess.run(["npm", "pack", "--silent", subject], cwd=home, check=True, capture_output=True)
    archive = next(home.glob("*.tgz"))
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != font.integrity:
        raise ValueError(f"{subject} is not what the list pins")
    with tarfile.open(archive) as packed:
        packed.extractall(home, filter="data")
    archive.unlink()
    unpacked.touch()  # last: a folder without it was left half unpacked
    return home


def main() -> None:
    """Fetch all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--list", type=Path, default=LIST)
    given = parser.parse_args()
    for font in pinned(given.list.read_text()):
        print(fetched(font, given.out).name, flush=True)


if __name__ == "__main__":
    main()
