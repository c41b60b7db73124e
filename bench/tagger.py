"""The tagger of maths topics on held-out questions, beside simpler ones; splits by source.

    python -m bench.tagger --questions PATH/tal_scq5k_train.jsonl.gz

Peers: always the commonest topics, and the same classifier on plain character 1- to 3-grams (no cues). Deterministic.

The bank's labels are doubtful themselves. `tagger_read.json` has, for questions drawn at random from the surest 60 %, the
topics that a reader would accept, who saw neither the bank's label nor the tagger's when writing them down.

Last, the bank's own tree as a school would import it: what its names alone find, without training.
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.taxonomy import OWN, Point
from scripts.train_tagger import (
    Bank,
    bank_of,
    beside_topics,
    crossed,
    heat_of,
    measures,
    read,
    shares,
    text_of,
    topics,
    topics_of,
)
from services.parser.core.own import OwnPoints

Floats = NDArray[np.float64]
READ = Path(__file__).with_name("tagger_read.json")
_SURE = 0.6
_SHARES = tuple(tenth / 10 for tenth in range(1, 11))


def commonest(bank: Bank) -> Floats:
    """Every question gets the topics' shares of the other folds."""
    return np.stack([bank.targets[bank.fold != fold].mean(0) for fold in bank.fold])


def curve(p: Floats, bank: Bank) -> list[float]:
    """Which share of the surest answers is right, from the surest tenth to all."""
    surest = np.argsort(-p.max(1), kind="stable")
    hit = bank.targets[np.arange(len(p)), p.argmax(1)][surest] > 0
    return [float(hit[: int(share * len(p))].mean()) for share in _SHARES]


def judged(p: Floats, bank: Bank, read_topics: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """By the reader, of the surest 60 % that were read: how often the tagger is right, and how often a label of the bank.

    The tagger's is weighted so that it agrees with the bank as often as among all of the surest 60 %: one sample happens to
    be easier than another. `interval` is half of a 95 % one, normal, of the two strata.
    """
    sure = np.argsort(-p.max(1), kind="stable")[: int(_SURE * len(p))]
    agreed = bank.targets[sure, p[sure].argmax(1)] > 0
    read_of = np.array([bank.ids[i] in read_topics for i in sure])
    accepted = np.array([bank.names[p[i].argmax()] in read_topics.get(bank.ids[i], ()) for i in sure])
    right, variance = 0.0, 0.0
    for stratum in (agreed, ~agreed):
        seen = accepted[stratum & read_of]
        right += stratum.mean() * seen.mean()
        variance += stratum.mean() ** 2 * seen.mean() * (1 - seen.mean()) / len(seen)
    labels = [[name in read_topics[bank.ids[i]] for name in _labels(bank, i)] for i in sure[read_of]]
    return {
        "read": int(read_of.sum()),
        "right": right,
        "interval": 1.96 * variance**0.5,
        "bank right": float(np.mean([np.mean(each) for each in labels])),
    }


def _labels(bank: Bank, question: int) -> list[str]:
    return [bank.names[topic] for topic in np.flatnonzero(bank.targets[question])]


def imported(rows: Sequence[dict[str, Any]]) -> tuple[int, int, int, float, float]:
    """(names, questions with a name, of these tagged, the first tag on the question's branch, of one of its topics)."""
    branches = [_names(row) for row in rows]
    tree = sorted({name for names in branches for name in names})
    own = OwnPoints.of(Point(code=OWN + name, name=name) for name in tree)
    found = [(row, names, own.found(text_of(row))) for row, names in zip(rows, branches, strict=True) if names]
    first = [(row, names, points[0].name) for row, names, points in found if points]
    told = [(named, name) for row, _, name in first if (named := topics(row)) and topics_of(name)]
    branch = np.mean([name in names for _, names, name in first])
    topic = np.mean([bool(set(named) & set(topics_of(name))) for named, name in told])
    return len(tree), len(found), len(first), float(branch), float(topic)


def _names(row: dict[str, Any]) -> set[str]:
    """The nodes of a question's branches, but for those of thought and ability."""
    routes = [route.split("->") for route in row.get("knowledge_routes") or []]
    return {node for nodes in routes if not beside_topics(nodes) for node in nodes[2:]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=Path, required=True)
    a = parser.parse_args()
    begun = time.process_time()
    bank = bank_of(read(a.questions))
    print(f"{len(bank.texts)} questions of {len(set(bank.groups.tolist()))} sources, {len(bank.names)} topics")
    print(
        "| tagger | top-1 | top-3 | precision at 60 % | coverage at 0.9 | coverage at 0.8 |\n|---|---|---|---|---|---|"
    )
    held = crossed(bank, 24_000, 1.0)
    plain = crossed(bank, 24_000, 1.0, lambda gram: len(gram) <= 3 and "<" not in gram)
    rows = {"commonest topics": commonest(bank)}
    rows |= {name: shares(x, heat_of(x, bank.targets)) for name, x in (("1- to 3-grams", plain), ("Redink", held))}
    for name, p in rows.items():
        print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in measures(p, bank.targets).values()) + " |")
    print("\n| surest | " + " | ".join(f"{share:.0%}" for share in _SHARES) + " |\n|---" + "|---" * len(_SHARES) + "|")
    print("| right | " + " | ".join(f"{value:.3f}" for value in curve(rows["Redink"], bank)) + " |")
    read_topics = json.loads(READ.read_text(encoding="utf-8"))
    found = judged(rows["Redink"], bank, read_topics)
    print(
        f"\nby a blind reader, {found['read']} of the surest {_SURE:.0%}: Redink {found['right']:.3f} +- {found['interval']:.3f},"
        f" the bank's own labels {found['bank right']:.3f}"
    )
    tree, asked, tagged, branch, topic = imported(read(a.questions))
    print(
        f"its {tree} names imported: {tagged} of {asked} questions tagged, the first tag on the question's branch {branch:.3f},"
        f" of its topic {topic:.3f}"
    )
    print(f"{time.process_time() - begun:.0f} s of CPU")


if __name__ == "__main__":
    main()
