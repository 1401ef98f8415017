#!/usr/bin/env python3
"""What an engine says it takes in memory against what the process has grown by, for a network with large weights."""
import argparse
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import reference

reference.environment("numpy", "onnx")


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--trtexec", default=os.path.join(reference.ROOT, "build/release/bin/trtexec"))
    p.add_argument("--model", default="resnet50.ts17.b1")
    p.add_argument("--share", type=float, default=0.1, help="largest difference")
    args = p.parse_args()
    folder = reference.shared("models", "exports")
    with tempfile.TemporaryDirectory() as work:
        model, plan = os.path.join(work, "model.onnx"), os.path.join(work, "plan")
        subprocess.run([sys.executable, os.path.join(folder, "fill.py"), os.path.join(folder, f"{args.model}.skel.onnx"), model], check=True, capture_output=True)
        subprocess.run([args.trtexec, f"--onnx={model}", f"--saveEngine={plan}", "--skipInference", "--device=cpu"], check=True, capture_output=True)
        text = subprocess.run([args.trtexec, f"--loadEngine={plan}", "--iterations=2", "--duration=0", "--warmUp=0"], check=True, capture_output=True, text=True).stdout
    said = float(re.search(r"inputs and outputs [\d.]+ MiB = ([\d.]+) MiB", text).group(1))
    grown = float(re.search(r"The process has grown by ([\d.]+) MiB", text).group(1))
    print(f"{args.model}: {said:.1f} MiB reported, the process has grown by {grown:.1f} MiB ({(grown / said - 1) * 100:+.1f} %)")
    sys.exit(abs(grown / said - 1) > args.share)


if __name__ == "__main__":
    main()
