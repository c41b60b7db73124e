"""python -m scripts.train_hand --fonts FOLDER --out services/ocr/core/hand/hand.onnx [--minutes 60]: two cores."""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from scripts.train_hand.network import Network, exported, parameters
from scripts.train_hand.samples import Batch, batches, hands_of
from services.ocr.core.hand.alphabet import ALPHABET

SIZE = 64
PEAK = 2e-3
"""Learning rate at its highest (one cycle; Smith, 2018)."""
WARM = 0.04


class Drawn(IterableDataset[Batch]):
    """Batches of a folder of fonts, drawn by each worker from a seed of its own."""

    def __init__(self, fonts: Path, seed: int) -> None:
        self._fonts, self._seed = fonts, seed

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        latin, chinese = hands_of(self._fonts)
        yield from batches(self._seed + (worker.id if worker else 0), SIZE, latin, chinese)


def main() -> None:
    """Train for so many minutes, and write the network every five and at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fonts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=PEAK, help="of learning, at its highest")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    torch.set_num_threads(1)
    network = Network(len(ALPHABET))
    if given.start:
        network.load_state_dict(torch.load(given.start))
    print(f"{parameters(network)} parameters", flush=True)
    train(network, Drawn(given.fonts, given.seed), given.minutes * 60, given.rate, given.out)


def train(network: Network, drawn: Drawn, seconds: float, rate: float, out: Path) -> None:
    """AdamW (Loshchilov and Hutter, 2019) on the CTC loss, the rate falling with the time that is left."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    lost = torch.nn.CTCLoss(zero_infinity=True)
    begun = written = time.monotonic()
    mean = 0.0
    network.train()
    loader = DataLoader(drawn, batch_size=None, num_workers=1, prefetch_factor=8)
    for count, (inks, steps, texts, lengths) in enumerate(loader, 1):
        share = (time.monotonic() - begun) / seconds
        if share >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = rate * min(share / WARM, (1 - share) / (1 - WARM)) + 1e-6
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(inks)
        loss = lost(logits.float().log_softmax(2).transpose(0, 1), texts, steps, lengths)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        now = loss.item()
        mean += 0.02 * (now - mean) if count > 1 else now
        if count % 100 == 0:
            print(f"{time.monotonic() - begun:6.0f} s  {count} batches  loss {mean:.3f}", flush=True)
        if time.monotonic() - written > 300:
            written = time.monotonic()
            saved(network, out)
            network.train()
    saved(network, out)


def saved(network: Network, out: Path) -> None:
    """Write the network and, beside it, its weights to go on from."""
    exported(network, str(out))
    torch.save(network.state_dict(), out.with_suffix(".pt"))


if __name__ == "__main__":
    main()
