"""An opener by itself, as beside a gateway: `python -m services.ocr.opener SOCKET`. Ends when its standard input does."""

import sys
from pathlib import Path

from runtime.settings import load
from services.ocr.opener.server import run
from services.ocr.settings import OcrSettings

if __name__ == "__main__":
    settings = load(OcrSettings)
    run(Path(sys.argv[1]), settings.limits, settings.bounds)
