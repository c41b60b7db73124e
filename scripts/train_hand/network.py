"""The network: convolutions down to one row of steps, each told by what stands around it (CTC; Graves et al., 2006)."""

import numpy as np
import onnx
import torch
from torch import Tensor, nn


def _convolution(inside: int, outside: int, stride: tuple[int, int] = (1, 1)) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
    )


class Around(nn.Module):
    """Steps told by their neighbours: a depthwise convolution along the line, then a mix of channels, added."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.along = nn.Conv1d(channels, channels, 7, 1, 3, groups=channels, bias=False)
        self.norm = nn.BatchNorm1d(channels)
        self.mix = nn.Sequential(
            nn.Conv1d(channels, 2 * channels, 1), nn.ReLU(inplace=True), nn.Conv1d(2 * channels, channels, 1)
        )

    def forward(self, steps: Tensor) -> Tensor:
        return steps + self.mix(self.norm(self.along(steps)))


class Network(nn.Module):
    """(n, 1, 40, w) of ink to (n, w / 4, classes) logits."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.rows = nn.Sequential(
            _convolution(1, 16),
            _convolution(16, 32, (2, 2)),
            _convolution(32, 48),
            _convolution(48, 80, (2, 2)),
            _convolution(80, 80),
            _convolution(80, 128, (2, 1)),
            _convolution(128, 128),
        )
        self.column = nn.Sequential(nn.Conv2d(128, 160, (5, 1), bias=False), nn.BatchNorm2d(160), nn.ReLU(inplace=True))
        self.around = nn.Sequential(Around(160), Around(160))
        self.told = nn.Sequential(nn.Dropout(0.1), nn.Conv1d(160, classes, 1))

    def forward(self, ink: Tensor) -> Tensor:
        steps = self.column(self.rows(ink)).squeeze(2)
        return self.told(self.around(steps)).transpose(1, 2)


def parameters(network: nn.Module) -> int:
    """How many numbers the network is made of."""
    return sum(p.numel() for p in network.parameters())


def exported(network: Network, path: str) -> None:
    """Write the network as ONNX, with probabilities instead of logits, any number of pictures of any width."""
    network.eval()
    whole = nn.Sequential(network, nn.Softmax(dim=2))
    torch.onnx.export(
        whole,
        (torch.zeros(2, 1, 40, 64),),
        path,
        input_names=["ink"],
        output_names=["probabilities"],
        dynamic_axes={"ink": {0: "n", 3: "w"}, "probabilities": {0: "n", 1: "steps"}},
        opset_version=17,
        dynamo=False,
    )
    halved(path)


def halved(path: str) -> None:
    """Store a model's numbers in 16 bits, to be widened as it is loaded: half the size, and the sums stay as they were."""
    model = onnx.load(path)
    graph, widened = model.graph, []
    for number, stored in enumerate(graph.initializer):
        if stored.data_type != onnx.TensorProto.FLOAT or len(stored.dims) < 2:
            continue
        values, name = onnx.numpy_helper.to_array(stored), stored.name
        stored.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}_16"))
        cast = onnx.helper.make_node("Cast", [f"{name}_16"], [name], f"widened_{number}", to=onnx.TensorProto.FLOAT)
        widened.append(cast)
    nodes = [*widened, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)
