"""An importer in a process of its own, that says each batch it has taken and hangs after a few: to be killed in the middle."""

import asyncio
import sys
from pathlib import Path

from pydantic import SecretStr

from runtime.blobs_local import LocalBlobs
from runtime.settings import load
from services.gateway.database import open_database
from services.gateway.records import taking
from services.gateway.records.importer import Importer
from services.gateway.records.settings import RecordSettings
from services.gateway.settings import PostgresSettings

_take = taking.take
_LEFT = iter(range(4))


async def _said(*arguments: object) -> bool:
    done = await _take(*arguments)  # type: ignore[arg-type]
    sys.stdout.write("taken\n")
    sys.stdout.flush()
    if next(_LEFT, None) is None:
        await asyncio.Event().wait()
    return done


async def main(dsn: str, folder: str) -> None:
    taking.take = _said
    async with open_database(PostgresSettings(dsn=SecretStr(dsn), pool=6)) as pool:
        await Importer(pool, LocalBlobs(Path(folder)), load(RecordSettings)).round()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
