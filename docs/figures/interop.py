"""A fitted estimator becomes a plain module, which other tools can read."""

import matplotlib.pyplot as plt
from _guide import BLUE, GREEN, ORANGE, arrow, bare, box

figure, ax = plt.subplots(figsize=(8, 2.6))
box(ax, 1.2, 1.5, "fitted\nestimator", width=2, height=1.2, color=BLUE)
module = "torch.nn.Module\n(n, 4, length) to logits"
box(ax, 5, 1.5, module, width=2.7, height=1.2, color=ORANGE)
arrow(ax, (2.3, 1.5), (3.5, 1.5), "to_module")
tools = [
    "tangermeme: DeepLIFT",
    "captum: attributions",
    "ONNX: other runtimes",
]
for y, tool in zip((2.5, 1.5, 0.5), tools, strict=True):
    box(ax, 8.8, y, tool, width=3.1, height=0.6, color=GREEN, size=10)
    arrow(ax, (6.5, 1.5), (7.2, y))
bare(ax).set(xlim=(0, 10.5), ylim=(0, 3))
plt.show()
