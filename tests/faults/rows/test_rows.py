"""The rows of the matrix that every push runs, in one world; the audit of all of them comes last."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio

from deploy.native.stack import BrokerKind
from tests.faults.rows import ROWS, SHORT
from tests.faults.rows.evidence import Evidence, NotInjected
from tests.faults.rows.row import clean
from tests.faults.world import World, open_world

_IMPATIENT = {"REDINK_FLOW_RETRIES": "3", "REDINK_FLOW_RETRY_BASE": "0.1", "REDINK_FLOW_CRASH_LIMIT": "2"}
"""Fewer tries, sooner: what is waited for here is nothing but time."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One for all rows: a row leaves it healed."""
    broker = cast("BrokerKind", os.environ.get("REDINK_TEST_BROKER", "tansu"))
    async with open_world(Path(tmp_path_factory.mktemp("rows")), broker, **_IMPATIENT) as one:
        await one.start()
        yield one


@pytest.mark.parametrize("number", SHORT, ids=lambda number: f"{number}: {ROWS[number].title}")
async def test_the_fault_is_injected_and_costs_no_exam(world: World, number: int) -> None:
    try:
        evidence = await ROWS[number].run(world, audit=False)
    except NotInjected:  # the moment was missed, on a busy machine: that says nothing, so once more
        evidence = await ROWS[number].run(world, audit=False)
    assert evidence.injected
    assert evidence.checked


async def test_the_audit_of_all_these_rows_is_clean_but_for_what_they_forged(world: World) -> None:
    await clean(world, Evidence())
