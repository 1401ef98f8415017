#!/usr/bin/env python3
"""Engine layers of well-known networks, as both PyTorch exporters write them, against the number that the fusion rules promise.

The rules: convolution, bias, activation and residual are one layer; a matrix product with its bias, activation and residual
likewise; products that share their input are one; a normalisation is one; softmax between two products is one attention, which reads
queries, keys and values where that product left them;
element-wise neighbours are one; joining, cutting and reshaping along memory is none. Moves of memory that remain are counted
apart and bounded. Every node of the model is in exactly one layer."""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import reference

reference.environment("numpy", "onnx")
import onnx

MOVES = ["Slice", "Concat", "Transpose", "Reshape", "Expand", "Pad", "Tile", "Identity", "Reformat"]


class Promise:
    """Layers that compute, exactly; at most so many element-wise ones, table lookups and casts, and moves of memory."""

    def __init__(self, heavy, light=0, moves=0):
        self.heavy, self.light, self.moves = heavy, light, moves


def encoder(blocks, light, moves, **others):
    """Per block: two normalisations; query, key and value in one product; attention; three more products."""
    heavy = {"Normalization": 2 * blocks, "MatMul": 4 * blocks, "Attention": blocks}
    return Promise({k: heavy.get(k, 0) + others.get(k, 0) for k in {*heavy, *others}}, light, moves)


PROMISES = {
    "squeezenet1_1": Promise({"Convolution": 26, "Pooling": 3, "Reduce": 1}),
    "resnet50": Promise({"Convolution": 53, "Pooling": 1, "Reduce": 1, "MatMul": 1}),
    # In 16 of its blocks the expansion, which is a 1x1 convolution, and the depthwise convolution behind it are one layer. The first
    # block, which has no expansion, and four others have images large enough for the projection to be in that layer, too.
    "mobilenet_v2": Promise({"Convolution": 52 - 16 * 2 - 1 - 5, "DepthwiseBlock": 17, "Reduce": 1, "MatMul": 1}),
    # Nine modules, each with three 1x1 convolutions on its input that become one; cutting that one apart takes a copy each.
    "googlenet": Promise({"Convolution": 57 - 9 * 2, "Pooling": 4 + 9, "Reduce": 1, "MatMul": 1}, moves=9),
    # Embeddings: normalisation, three tables and their sum; the mask; the pooler's product.
    "bert_base": encoder(12, light=7, moves=0, Normalization=1, MatMul=1),
    # Patches: a convolution, the class token in front; a last normalisation and product.
    "vit_b_16": encoder(12, light=1, moves=1, Normalization=1, MatMul=1, Convolution=1),
    # Windows are moved into place and back, every other block's picture is rolled, neighbours are joined three times.
    # The residual stands behind the way back, so that it is a layer; shifted windows have a mask.
    "swin_t": encoder(12, light=12 + 6, moves=12 * 2 + 5 * 2 * 6 + 3 * 7 + 6, Normalization=5, MatMul=4, Convolution=1, Reduce=1),
}


def engine_layers(trtexec, model, out):
    command = [trtexec, f"--onnx={model}", "--device=cpu", "--cpuThreads=1", "--skipInference", "--builderOptimizationLevel=0", "--profilingVerbosity=detailed", f"--exportLayerInfo={out}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    with open(out) as f:
        return json.load(f)["Layers"]


def complaints(promise, layers, nodes):
    kinds = collections.Counter(l["LayerType"] for l in layers if l["TacticName"] != "view")
    heavy = {k: kinds.pop(k, 0) for k in promise.heavy}
    moves = sum(kinds.pop(k, 0) for k in MOVES)
    light = sum(kinds.values())
    if heavy != promise.heavy:
        yield f"has {heavy}, promised {promise.heavy}"
    if moves > promise.moves:
        yield f"has {moves} moves, promised {promise.moves}"
    if light > promise.light:
        yield f"has {light} light layers ({dict(kinds)}), promised {promise.light}"
    where = collections.Counter(o for l in layers for o in l["Origins"])
    twice, nowhere = [n for n in nodes if where[n] > 1], [n for n in nodes if where[n] == 0]
    if twice:
        yield f"has {len(twice)} nodes in several layers: {', '.join(twice[:5])} ..."
    if nowhere:
        yield f"has {len(nowhere)} of {len(nodes)} nodes in no layer: {', '.join(nowhere[:5])} ..."


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--trtexec", default=os.path.join(reference.ROOT, "build/release/bin/trtexec"))
    p.add_argument("--only", default="", help="part of the model's name")
    args = p.parse_args()
    folder = reference.shared("models", "exports")
    bad = 0
    for name, promise in PROMISES.items():
        for form in ("ts17.b1", "dynamo18.b1"):
            model = f"{name}.{form}"
            if args.only not in model:
                continue
            with tempfile.TemporaryDirectory() as work:
                path = os.path.join(work, "model.onnx")
                subprocess.run([sys.executable, os.path.join(folder, "fill.py"), os.path.join(folder, f"{model}.skel.onnx"), path], check=True, capture_output=True)
                layers = engine_layers(args.trtexec, path, os.path.join(work, "layers.json"))
                nodes = [n.name for n in onnx.load(path, load_external_data=False).graph.node if n.op_type != "Constant"]
            wrong = list(complaints(promise, layers, nodes))
            bad += bool(wrong)
            print(f"{model}: {len(nodes)} nodes, {sum(l['TacticName'] != 'view' for l in layers)} layers that run; {'; '.join(wrong) or 'as promised'}", flush=True)
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
