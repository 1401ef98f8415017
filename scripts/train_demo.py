#!/usr/bin/env python3
"""Draws pictures of sixteen shapes and patterns, trains the small network of assets/ on them and writes the ONNX file,
the labels, the demo picture and the accuracy. Needs torch and numpy; makes its own virtual environment when run as
`scripts/train_demo.py --venv DIR`. The result depends on the seed and, in the last digits, on the version of torch."""
import argparse
import json
import os
import struct
import subprocess
import sys
import time
import zlib

SIZE = 96
PACKAGES = ["torch==2.9.1", "onnx==1.23.2", "numpy"]


def arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--out", default=os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "assets"))
    p.add_argument("--venv", help="virtual environment to run in; made and filled with PyTorch where it does not exist")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--pictures", type=int, default=12000, help="training pictures that are drawn")
    p.add_argument("--epochs", type=int, default=9)
    p.add_argument("--minutes", type=float, default=8, help="longest time to train; the learning rate follows whichever of this and --epochs runs out first")
    p.add_argument("--seed", type=int, default=1)
    return p.parse_args()


def enter(venv):
    """Runs this script again inside `venv`, which is made first where it is missing."""
    if os.path.realpath(sys.prefix) == os.path.realpath(venv):
        return
    python = os.path.join(venv, "bin", "python")
    if not os.path.exists(python):
        print(f"making {venv} with {' '.join(PACKAGES)}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([python, "-m", "pip", "-q", "install", *PACKAGES], check=True)
    os.execv(python, [python, *sys.argv])


args = arguments()
if args.venv:
    enter(args.venv)

import numpy as np  # noqa: E402  (only the virtual environment has them)
import torch  # noqa: E402
from torch import nn  # noqa: E402

# ---------------------------------------------------------------------------------------------------------------------
# Drawing. A shape is a function of the plane that is negative inside; its zero line is drawn with smooth edges.


def polygon(x, y, n):
    sector = 2 * np.pi / n
    angle = np.mod(np.arctan2(x, y), sector) - sector / 2
    return np.hypot(x, y) * np.cos(angle) - np.cos(sector / 2)


def star(x, y, rng):
    n, inner = 5, rng.uniform(0.4, 0.5)
    half = np.pi / n
    angle = np.abs(np.mod(np.arctan2(x, y) + half, 2 * half) - half)
    r = np.hypot(x, y)
    px, py = r * np.cos(angle), r * np.sin(angle)  # the edge runs from (1, 0) to the inner corner
    ex, ey = inner * np.cos(half) - 1, inner * np.sin(half)
    return ((px - 1) * ey - py * ex) / np.hypot(ex, ey)


def box(x, y, a, b):
    return np.maximum(np.abs(x) - a, np.abs(y) - b)


def arrow(x, y, rng):
    head = np.maximum(np.abs(x) + (y - 1) * 0.75, 0.1 - y)
    return np.minimum(head, box(x, y + 0.4, rng.uniform(0.18, 0.26), 0.55))


def crescent(x, y, rng):
    shift = rng.uniform(0.4, 0.6)
    return np.maximum(np.hypot(x, y) - 1, 0.85 - np.hypot(x - shift, y))


def heart(x, y, rng):
    x, y = 1.2 * x, 1.2 * y + 0.1
    q = x * x + y * y - 1
    return q * q * q - x * x * y * y * y


def spiral(x, y, rng):
    r, turns = np.hypot(x, y), rng.uniform(2.2, 3.2)
    phase = np.mod(r * turns - np.arctan2(y, x) / (2 * np.pi), 1.0)
    return np.maximum(np.abs(phase - 0.5) - rng.uniform(0.18, 0.26), r - 1)


def flower(x, y, rng):
    n = rng.integers(5, 8)
    return np.hypot(x, y) - 0.72 - 0.28 * np.cos(n * np.arctan2(y, x))


def stripes(x, y, rng):
    f = rng.uniform(2.0, 4.0)
    return np.sin(np.pi * f * x + rng.uniform(0, 6))


def waves(x, y, rng):
    f = rng.uniform(2.0, 3.2)
    bend = rng.uniform(0.7, 1.1) / f
    return np.sin(np.pi * f * (x + bend * np.sin(np.pi * rng.uniform(1.6, 2.4) * y)))


def checkers(x, y, rng):
    f = rng.uniform(1.8, 3.2)
    return np.sin(np.pi * f * x) * np.sin(np.pi * f * y)


def dots(x, y, rng):
    f = rng.uniform(1.8, 3.0)
    u, v = np.mod(f * x, 1) - 0.5, np.mod(f * y, 1) - 0.5
    return np.hypot(u, v) - rng.uniform(0.22, 0.34)


def bricks(x, y, rng):
    f = rng.uniform(1.8, 2.8)
    row = np.floor(f * y)
    u, v = np.mod(f * x / 2 + 0.5 * np.mod(row, 2), 1) - 0.5, np.mod(f * y, 1) - 0.5
    gap = rng.uniform(0.08, 0.12)
    return np.maximum(2 * np.abs(u) - 1 + gap, np.abs(v) - 0.5 + gap)


SHAPES = {
    "circle": lambda x, y, g: np.hypot(x, y) - 1,
    "ring": lambda x, y, g: np.abs(np.hypot(x, y) - 0.8) - g.uniform(0.1, 0.2),
    "triangle": lambda x, y, g: polygon(x, y, 3),
    "square": lambda x, y, g: box(x, y, 0.8, 0.8),
    "pentagon": lambda x, y, g: polygon(x, y, 5),
    "star": star,
    "cross": lambda x, y, g: np.minimum(box(x, y, 1, 0.3), box(x, y, 0.3, 1)),
    "heart": heart,
    "crescent": crescent,
    "arrow": arrow,
    "flower": flower,
    "spiral": spiral,
}
PATTERNS = {"stripes": stripes, "waves": waves, "checkers": checkers, "bricks": bricks}
LABELS = [*SHAPES, *PATTERNS]


def cover(field):
    """How much of each pixel lies inside, from the field's value and slope."""
    gy, gx = np.gradient(field)
    return np.clip(0.5 - field / np.maximum(np.hypot(gx, gy), 1e-6), 0, 1)


def colours(rng):
    """Two colours that a person can tell apart."""
    while True:
        a, b = rng.uniform(0, 1, 3), rng.uniform(0, 1, 3)
        if np.abs(a - b).sum() > 0.8:
            return a, b


def clouds(rng, size):
    """Smooth noise between -1 and 1: a coarse random grid, stretched bilinearly."""
    n = int(rng.integers(3, 7))
    grid, t = rng.uniform(-1, 1, (n, n)), np.linspace(0, n - 1.001, size)
    i, f = t.astype(int), t - t.astype(int)
    rows = grid[i] * (1 - f)[:, None] + grid[i + 1] * f[:, None]
    return rows[:, i] * (1 - f) + rows[:, i + 1] * f


def draw(label, rng, size=SIZE, noise=None):
    """One RGB picture (size x size x 3, 0..255) of the class."""
    name = LABELS[label]
    t = (np.arange(size) + 0.5) / size * 2 - 1
    px, py = np.meshgrid(t, -t)
    scale = rng.uniform(0.35, 0.75) if name in SHAPES else rng.uniform(0.6, 1.0)
    room = max(0.0, 0.95 - scale)
    dx, dy = rng.uniform(-room, room, 2)
    angle, squeeze = rng.uniform(0, 2 * np.pi), rng.uniform(0.88, 1.0)
    c, s = np.cos(angle) / scale, np.sin(angle) / scale
    x, y = (c * (px - dx) + s * (py - dy)) / squeeze, -s * (px - dx) + c * (py - dy)
    fore, back = colours(rng)
    mask = cover((SHAPES.get(name) or PATTERNS[name])(x, y, rng))[..., None]
    shade = 1 + rng.uniform(0, 0.25) * clouds(rng, size)[..., None]
    fall = 1 + rng.uniform(-0.3, 0.3) * (np.cos(angle * 3) * px + np.sin(angle * 3) * py)[..., None]
    picture = back * shade * (1 - mask) + fore * fall * mask
    for _ in range(rng.integers(0, 4)):  # thin lines that mean nothing
        a, d = rng.uniform(0, np.pi), rng.uniform(-0.9, 0.9)
        line = np.clip(1.2 - np.abs(np.cos(a) * px + np.sin(a) * py - d) * size / 2, 0, 1)[..., None] * rng.uniform(0.2, 0.7)
        picture = picture * (1 - line) + rng.uniform(0, 1, 3) * line
    picture = picture + rng.normal(0, rng.uniform(0, 0.06) if noise is None else noise, picture.shape)
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


def draw_many(count, seed):
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(LABELS)
    return torch.from_numpy(np.stack([draw(k, rng) for k in labels])).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels)


def write_png(path, picture):
    """Writes an RGB picture (height x width x 3 bytes) without any library."""
    h, w, _ = picture.shape
    rows = b"".join(b"\0" + picture[i].tobytes() for i in range(h))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


# ---------------------------------------------------------------------------------------------------------------------
# The network: inverted residuals with depthwise convolutions, squeeze-and-excitation and SiLU.


def conv(inputs, outputs, kernel, stride=1, groups=1, act=True):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, nn.SiLU()) if act else nn.Sequential(*layers)


class Excite(nn.Module):
    """Scales every channel by a number that a small network computes from all channel means."""

    def __init__(self, channels):
        super().__init__()
        self.reduce, self.expand = nn.Conv2d(channels, channels // 8, 1), nn.Conv2d(channels // 8, channels, 1)

    def forward(self, x):
        s = nn.functional.adaptive_avg_pool2d(x, 1)
        return x * torch.sigmoid(self.expand(nn.functional.silu(self.reduce(s))))


class Block(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride, expand):
        super().__init__()
        wide = inputs * expand
        self.keep = stride == 1 and inputs == outputs
        self.body = nn.Sequential(conv(inputs, wide, 1), conv(wide, wide, kernel, stride, wide), Excite(wide), conv(wide, outputs, 1, act=False))

    def forward(self, x):
        return x + self.body(x) if self.keep else self.body(x)


class ShapeNet(nn.Module):
    """Takes RGB pictures, N x 3 x 96 x 96, values 0..1 (normalised inside); gives a score per class."""

    def __init__(self, classes):
        super().__init__()
        self.stem = conv(3, 16, 3, 2)
        self.blocks = nn.Sequential(Block(16, 24, 3, 2, 3), Block(24, 24, 3, 1, 3), Block(24, 40, 5, 2, 3), Block(40, 40, 3, 1, 3), Block(40, 40, 3, 1, 3), Block(40, 72, 5, 2, 4), Block(72, 72, 3, 1, 4))
        self.head = nn.Sequential(conv(72, 256, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(256, classes))

    def forward(self, x):
        return self.head(self.blocks(self.stem((x - 0.5) * 4.0)))


class WithProbabilities(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return torch.softmax(self.net(x), 1)


def accuracy(net, pictures, labels):
    net.eval()
    with torch.inference_mode():
        hits = [(net(p.float() / 255).argmax(1) == k).sum() for p, k in zip(pictures.split(200), labels.split(200))]
    return float(sum(hits)) / len(labels)


def augment(x):
    """Turns, mirrors and recolours a batch; every class means the same afterwards."""
    x = torch.rot90(x, int(torch.randint(4, ())), (2, 3))
    if torch.rand(()) < 0.5:
        x = x.flip(3)
    x = x[:, torch.randperm(3)].float() / 255
    return 1 - x if torch.rand(()) < 0.25 else x


def train(net, pictures, labels, check, seconds):
    batch, peak = 64, 5e-3
    per_epoch = len(labels) // batch
    optimiser = torch.optim.AdamW(net.parameters(), lr=peak, weight_decay=0.02)
    loss_of, start, step = nn.CrossEntropyLoss(label_smoothing=0.05), time.time(), 0
    for epoch in range(args.epochs):
        net.train()
        total = 0.0
        for part in torch.randperm(len(labels))[: per_epoch * batch].split(batch):
            done = max(step / (args.epochs * per_epoch), (time.time() - start) / seconds)
            if done >= 1:
                return
            for group in optimiser.param_groups:
                group["lr"] = peak * min(1.0, done / 0.15) * 0.5 * (1 + np.cos(np.pi * done))
            optimiser.zero_grad(set_to_none=True)
            loss = loss_of(net(augment(pictures[part]).to(memory_format=torch.channels_last)), labels[part])
            loss.backward()
            optimiser.step()
            total, step = total + float(loss.detach()), step + 1
        used = time.time() - start
        print(f"epoch {epoch + 1}/{args.epochs}: loss {total / per_epoch:.3f}, held-out accuracy {accuracy(net, *check):.4f}, {used:.0f} s", flush=True)


def main():
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    start = time.time()
    pictures, labels = draw_many(args.pictures, args.seed)
    check = draw_many(1600, args.seed + 1000)  # steers nothing but the eye
    print(f"drew {len(labels)} pictures in {time.time() - start:.0f} s", flush=True)
    net = ShapeNet(len(LABELS)).to(memory_format=torch.channels_last)
    train(net, pictures, labels, check, args.minutes * 60)
    test = draw_many(4800, args.seed + 2000)
    result = accuracy(net, *test)
    os.makedirs(args.out, exist_ok=True)
    full = WithProbabilities(net.to(memory_format=torch.contiguous_format)).eval()
    model = os.path.join(args.out, "shapes.onnx")
    torch.onnx.export(full, (torch.zeros(1, 3, SIZE, SIZE),), model, opset_version=17, input_names=["picture"], output_names=["probabilities"], dynamo=False)
    with open(os.path.join(args.out, "shapes.labels.txt"), "w") as f:
        f.write("\n".join(LABELS) + "\n")
    picture = draw(LABELS.index("star"), np.random.default_rng(args.seed + 3000), 384, noise=0.02)
    write_png(os.path.join(args.out, "shapes.png"), picture)
    small = torch.nn.functional.interpolate(torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255, (SIZE, SIZE), mode="area")
    with torch.inference_mode():
        p = full(small)[0]
    best = [(LABELS[i], round(float(p[i]), 4)) for i in p.argsort(descending=True)[:5]]
    report = {"held_out_pictures": 4800, "held_out_accuracy": round(result, 4), "parameters": sum(q.numel() for q in net.parameters()), "torch": torch.__version__, "seed": args.seed, "demo_picture_top5": best}
    with open(os.path.join(args.out, "shapes.json"), "w") as f:
        json.dump(report, f, indent=2)
        f.write("\n")
    print(json.dumps(report), f"{os.path.getsize(model) / 1e6:.2f} MB, {time.time() - start:.0f} s in all")


if __name__ == "__main__":
    main()
