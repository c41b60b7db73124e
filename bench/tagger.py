"""The tagger of maths topics on held-out questions, beside simpler ones; splits by source.

    python -m bench.tagger --questions PATH/tal_scq5k_train.jsonl.gz

Peers: always the commonest topics, and the same classifier on plain character 1- to 3-grams (no cues). Deterministic.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.train_tagger import Bank, bank_of, crossed, heat_of, measures, read, shares

Floats = NDArray[np.float64]
_SHARES = tuple(tenth / 10 for tenth in range(1, 11))


def commonest(bank: Bank) -> Floats:
    """Every question gets the topics' shares of the other folds."""
    return np.stack([bank.targets[bank.fold != fold].mean(0) for fold in bank.fold])


def curve(p: Floats, bank: Bank) -> list[float]:
    """Which share of the surest answers is right, from the surest tenth to all."""
    surest = np.argsort(-p.max(1), kind="stable")
    hit = bank.targets[np.arange(len(p)), p.argmax(1)][surest] > 0
    return [float(hit[: int(share * len(p))].mean()) for share in _SHARES]


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
    print(f"{time.process_time() - begun:.0f} s of CPU")


if __name__ == "__main__":
    main()
