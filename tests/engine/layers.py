#!/usr/bin/env python3
"""Engine layers of well-known networks, as both PyTorch exporters write them, against the number that the fusion rules promise.

The rules: convolution, bias, activation and residual are one layer; a matrix product with its bias, activation and residual
likewise; products that share their input are one; a normalisation is one; softmax between two products is one attention;
element-wise neighbours are one; joining, cutting and reshaping along memory is none. Moves of memory that remain (patches,
windows, heads that no kernel takes over) are counted apart and bounded. Every node of the model must be in exactly one layer."""
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

# Layers that compute, by kind: 26 convolutions in SqueezeNet; 53 in ResNet-50 and a dense layer; ...
# GoogLeNet: 57 convolutions, of which three of each of nine modules start at its input with 1x1 and are merged.
# Encoders: per block two normalisations, one product for query, key and value, attention, three products.
BLOCK = {"Normalization": 2, "MatMul": 4, "Attention": 1}
NETWORKS = {
    "squeezenet1_1": {"Convolution": 26, "Pooling": 4},
    "resnet50": {"Convolution": 53, "Pooling": 2, "MatMul": 1},
    "mobilenet_v2": {"Convolution": 52, "Pooling": 1, "MatMul": 1},
    "googlenet": {"Convolution": 57 - 2 * 9, "Pooling": 4 + 9 + 1, "MatMul": 1},
    "bert_base": {k: 12 * n for k, n in BLOCK.items()},
    "vit_b_16": {k: 12 * n for k, n in BLOCK.items()},
    "swin_t": {k: 12 * n for k, n in BLOCK.items()},
}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--trtexec", default=os.path.join(reference.ROOT, "build/release/bin/trtexec"))
    p.add_argument("--only", default="")
    args = p.parse_args()
    folder = reference.shared("models", "exports")
    for name in NETWORKS:
        for form in ("ts17.b1", "dynamo18.b1"):
            model = f"{name}.{form}"
            if args.only not in model: continue
            with tempfile.TemporaryDirectory() as work:
                path, out = os.path.join(work, "model.onnx"), os.path.join(work, "layers.json")
                subprocess.run([sys.executable, os.path.join(folder, "fill.py"), os.path.join(folder, model + ".skel.onnx"), path], check=True, capture_output=True)
                subprocess.run([args.trtexec, f"--onnx={path}", "--skipInference", "--builderOptimizationLevel=0", "--profilingVerbosity=detailed", f"--exportLayerInfo={out}"], check=True, capture_output=True)
                layers = json.load(open(out))["Layers"]
                nodes = [n.name for n in onnx.load(path, load_external_data=False).graph.node if n.op_type != "Constant"]
            where = collections.Counter(o for l in layers for o in l["Origins"])
            print(model, len(layers), dict(collections.Counter(l["LayerType"] for l in layers if l["TacticName"] != "view")),
                  "missing", [n for n in nodes if where[n] == 0][:5], sum(where[n] == 0 for n in nodes), "twice", [n for n in nodes if where[n] > 1])
            for l in layers:
                if l["TacticName"] not in ("view",) and l["LayerType"] not in ("Convolution", "MatMul", "Attention", "Normalization", "Pooling"): print("    ", l["LayerType"], l["TacticName"], l["Name"][:150], [x["Dimensions"] for x in l["Inputs"]], [x["Dimensions"] for x in l["Outputs"]])


main()
