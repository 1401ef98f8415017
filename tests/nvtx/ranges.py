#!/usr/bin/env python3
"""A tool that attaches through NVTX sees a range per layer, as much of it as --nvtxMode says."""
import argparse
import os
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
MODEL = os.path.join(ROOT, "assets", "shapes.onnx")


def ranges(args, *flags, tool=True):
    environment = dict(os.environ, **({"NVTX_INJECTION64_PATH": os.path.abspath(args.injection)} if tool else {}))
    command = [args.trtexec, f"--onnx={MODEL}", "--device=cpu", "--builderOptimizationLevel=0", "--iterations=1", "--duration=0", "--warmUp=0", *flags]
    r = subprocess.run(command, capture_output=True, text=True, env=environment)
    if r.returncode != 0:
        sys.exit(r.stdout + r.stderr)
    return [line[5:].strip() for line in r.stderr.splitlines() if line.startswith("nvtx ")]


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--trtexec", required=True)
    p.add_argument("--injection", required=True)
    args = p.parse_args()
    names, details = ranges(args), ranges(args, "--nvtxMode=verbose")
    failures = []
    if names[:1] != ["domain Hone"] or not any(n.startswith("/net/stem/stem.0/Conv") for n in names):
        failures.append(f"by default: {names[:3]}")
    if not any(n.startswith("/net/stem/stem.0/Conv") and "[Convolution, cpu." in n for n in details):
        failures.append(f"verbose: {details[:3]}")
    if ranges(args, "--nvtxMode=none")[1:] or ranges(args, tool=False):
        failures.append("ranges that nobody asked for")
    print("\n".join(failures) or f"{len(names) - 1} ranges")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
