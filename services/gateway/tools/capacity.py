"""`python -m services capacity`: what an arrival rate takes, from measured service times."""

# ruff: noqa: T201 - a command's output

import argparse
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from contracts.topics import STAGE
from services.gateway.capacity.measured import Measured, NotMeasured, measured, of_prometheus, of_text
from services.gateway.capacity.plan import Plan, Wanted, plan
from services.gateway.capacity.scaling import scaled_objects
from services.gateway.tools.console import complain, show_json, show_table

KAFKA, PROMETHEUS = "redink-kafka-bootstrap.redink:9093", "http://prometheus.monitoring:9090"
"""As deploy/k8s names them."""
_PER = {"s": 1, "min": 60, "h": 3600}
_EPILOG = """\
It never changes anything. Service times are CPU times, so that a busy machine measures the same; waits between stages are
by Allen and Cunneen (M/G/c), with a fixed seed: the same input gives the same answer. docs/capacity.md has the model.

exit codes: 0 a plan; 1 the replicas given can't keep up; 2 nothing was measured

examples:
  python -m services capacity --arrivals 2/s --pages 3 --prometheus http://prometheus:9090 --window 6h
  python -m services capacity --arrivals 40/min --metrics ocr.prom parser.prom analyzer.prom diagnostic.prom report.prom gateway.prom
  python -m services capacity --arrivals 2/s --prometheus http://prometheus:9090 --scaled-objects > scaled-objects.yaml
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Plan and print; the exit code."""
    asked = _parser().parse_args(argv)
    try:
        found = _measured(asked)
    except (NotMeasured, OSError, ValueError) as error:
        complain(f"capacity: {error}")
        return 2
    wanted = Wanted(
        rate=asked.arrivals,
        pages=asked.pages or found.pages,
        utilisation=asked.utilisation,
        wait=asked.wait,
        arrivals_scv=asked.burstiness,
        replicas=dict(asked.replicas),
    )
    made = plan(found, wanted)
    if asked.json:
        show_json(asdict(made))
    elif asked.scaled_objects:
        print(scaled_objects(made, asked.bootstrap, asked.prometheus or PROMETHEUS), end="")
    else:
        _show(made, found, wanted)
    return 0 if made.stable else 1


def _measured(asked: argparse.Namespace) -> Measured:
    if asked.metrics:
        samples = of_text(path.read_text("utf-8") for path in asked.metrics)
    else:
        samples = of_prometheus(asked.prometheus, asked.window)
    return measured(samples, asked.measured_pages)


def _show(made: Plan, found: Measured, wanted: Wanted) -> None:
    print(
        f"{wanted.rate:.3g} exams/s of {wanted.pages:.3g} pages; measured on {found.exams:.0f} exams of {found.pages:.3g}"
    )
    print()
    rows = [
        (
            one.stage,
            one.replicas,
            one.servers,
            one.partitions,
            f"{one.utilisation:.0%}",
            f"{one.cpu:.2f} s",
            f"{one.waits.mean:.2f} s" if one.waits else "grows",
            f"{one.waits.quantile(0.95):.2f} s" if one.waits else "grows",
        )
        for one in made.stages
    ]
    show_table(("stage", "replicas", "servers", "partitions", "busy", "CPU an exam", "mean wait", "p95 wait"), rows)
    print()
    print(f"bottleneck   {made.bottleneck}")
    if made.quantiles:
        print(
            "end to end   "
            + ", ".join(f"p{share * 100:g} {seconds:.1f} s" for share, seconds in made.quantiles.items())
        )
    else:
        print("end to end   grows without end: a stage can't keep up")
    print(f"CPU          {made.cpu_hours:.2f} CPU-hours an hour, without gateway and stores")
    print(f"models       {made.model_cost:.2f} CNY an hour")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services capacity",
        description="Replicas and partitions per stage, latency, bottleneck and CPU for an arrival rate.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--arrivals", type=rate, required=True, help="exams, such as 2/s, 40/min, 500/h")
    parser.add_argument("--pages", type=float, help="pages of an exam (default: as measured)")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--prometheus", help="address of a Prometheus that scrapes the installation")
    source.add_argument("--metrics", nargs="+", type=Path, help="saved /metrics of every stage and of the gateway")
    parser.add_argument("--window", default="1h", help="how far back Prometheus looks (default: 1h)")
    parser.add_argument("--measured-pages", type=float, help="pages of the measured exams, if no gateway was measured")
    parser.add_argument("--utilisation", type=float, default=0.7, help="how busy workers may be (default: 0.7)")
    parser.add_argument("--wait", type=float, default=5.0, help="p95 of a stage's wait, in seconds (default: 5)")
    parser.add_argument(
        "--burstiness",
        type=float,
        default=1.0,
        help="squared variation of the times between arrivals (default: 1, Poisson)",
    )
    parser.add_argument(
        "--replicas", type=_replicas, default=(), help="given instead of looked for, such as ocr=4,report=2"
    )
    parser.add_argument("--bootstrap", default=KAFKA, help=f"of the ScaledObjects (default: {KAFKA})")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true")
    shape.add_argument("--scaled-objects", action="store_true", help="print KEDA ScaledObjects")
    return parser


def rate(text: str) -> float:
    """Exams a second."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)/(s|min|h)", text)
    if not match or not float(match[1]):
        raise argparse.ArgumentTypeError("a rate such as 2/s, 40/min or 500/h")
    return float(match[1]) / _PER[match[2]]


def _replicas(text: str) -> list[tuple[str, int]]:
    found = re.findall(r"(\w+)=([1-9]\d*)(?:,|$)", text)
    if (
        not found
        or ",".join(f"{name}={count}" for name, count in found) != text
        or not {n for n, _ in found} <= set(STAGE)
    ):
        raise argparse.ArgumentTypeError(f"stage=count, separated by commas; stages are {', '.join(STAGE)}")
    return [(name, int(count)) for name, count in found]
