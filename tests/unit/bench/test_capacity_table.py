"""The table of replicas in the runbook."""

from bench.capacity_table import table
from services.gateway.capacity.histogram import Histogram
from services.gateway.capacity.measured import Measured, StageTimes


def stage(name: str, seconds: float, workers: int = 1) -> StageTimes:
    cpu = Histogram.of({seconds / 2: 0, seconds * 1.5: 100, float("inf"): 100}, 100 * seconds)
    return StageTimes(stage=name, cpu=cpu, outside=0.01, hop=0.02, workers=workers, places=4)


def test_processes_grow_with_arrivals_and_ocr_is_told_by_its_workers() -> None:
    measured = Measured(stages=(stage("ocr", 1.5, workers=2), stage("report", 0.3)), pages=1.0, model_cost=0, exams=100)
    head, _, *rows = table(measured, rates=(0.5, 2.0), pages=2.0).splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert "| ocr | report | cores busy |" in head
    assert [row[0] for row in cells] == ["30", "120"]
    assert [int(row[1]) for row in cells] == sorted(int(row[1]) for row in cells)
    assert all(int(row[1]) % 2 == 0 for row in cells)
    assert int(cells[1][1]) * 0.7 >= 2.0 * 3.0  # at most 70 % busy
    assert float(cells[1][3]) == round(2.0 * (3.0 + 0.6), 1)
