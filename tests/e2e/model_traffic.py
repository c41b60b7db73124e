"""`python -m tests.e2e.model_traffic PORT REDIS`: answers graded by a scripted model, each second, with metrics at the port.

The client, its limits and cache, and the grading are the real ones; `tests/component/llm`, on PYTHONPATH, has the model.
"""

import asyncio
import sys

from paper_world import HONEST, exam, graded, honest
from prometheus_client import start_http_server
from pydantic import HttpUrl, SecretStr
from scripted_model import KEY, answers, says, scripted

from runtime.llm.open import open_llm
from runtime.llm.settings import LlmSettings
from runtime.settings import RedisSettings


async def main(port: int, redis: str) -> None:
    """Until it is killed: an answer that is new, the same again, and one whose reply has to be mended."""
    start_http_server(port, "127.0.0.1")
    async with scripted(answers(honest)) as model:
        settings = LlmSettings(api_key=SecretStr(KEY), url=HttpUrl(model.url), requests_per_minute=10_000)
        async with open_llm(settings, RedisSettings(url=SecretStr(redis), timeout=30)) as llm:
            assert llm is not None
            number = 0
            while True:
                number += 1
                for _ in range(2):
                    await graded(llm, exam(f"{HONEST}{number}"))
                model.script = [says("很好")]
                await graded(llm, exam(f"{HONEST}，{number}"))
                await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
