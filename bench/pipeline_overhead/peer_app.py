"""The Celery peer: an application of five tasks, and an endpoint that takes an upload and starts their chain.

As its documentation has it: Redis is broker and result backend, a task's result is the next one's argument, everything
else is by default, or as PEER_SETTINGS (JSON) says. `celery -A bench.pipeline_overhead.peer_app worker` and
`uvicorn bench.pipeline_overhead.peer_app:api` run it; PEER_REDIS, PEER_FOLDER and PEER_WORK say where and what.
"""

import json
import os
import uuid
from pathlib import Path

from celery import Celery, chain
from celery.signals import worker_process_init
from fastapi import FastAPI, UploadFile

from bench.pipeline_overhead.peer_stages import Stages, submit
from bench.pipeline_overhead.running import STAGES

REAL = os.environ["PEER_WORK"] == "real"
FOLDER = Path(os.environ["PEER_FOLDER"])

app = Celery("peer", broker=os.environ["PEER_REDIS"], backend=os.environ["PEER_REDIS"])
app.conf.update(json.loads(os.environ["PEER_SETTINGS"]), broker_connection_retry_on_startup=True)
api = FastAPI()
stages = Stages(FOLDER / "blobs")


def _task(stage: str) -> None:
    def work(exam: str) -> str:
        return stages.work(stage, exam) if REAL else exam

    app.task(work, name=stage)


for _name in STAGES:
    _task(_name)


@worker_process_init.connect
def _load(**_: object) -> None:
    """Models are loaded before the first exam, as in Redink's workers."""
    if REAL:
        stages.open()


@api.post("/exams", status_code=202)
def upload(files: UploadFile) -> dict[str, str]:
    """Keep the file, start the chain."""
    exam, data = str(uuid.uuid4()), files.file.read()
    if REAL:
        first = submit(FOLDER / "blobs", exam, data, files.content_type or "")
    else:
        (FOLDER / exam).write_bytes(data)
        first = exam
    steps = [app.signature(name) for name in STAGES]
    steps[0] = app.signature(STAGES[0], args=[first], task_id=f"first-{exam}")
    chain(*steps).apply_async(task_id=exam)
    return {"exam_id": exam}


@api.get("/readyz")
def ready() -> dict[str, bool]:
    """The endpoint answers; that the worker does is seen by the first exam."""
    return {"ready": True}
