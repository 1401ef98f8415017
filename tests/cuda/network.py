#!/usr/bin/env python3
"""The shipped network on the CUDA device, run by the emulator, gives what the CPU device gives: in single and in half
precision, from a plan in a new process, with the layers and copies where they belong."""
import argparse
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
MODEL = os.path.join(ROOT, "assets", "shapes.onnx")
PICTURE = os.path.join(ROOT, "assets", "shapes.png")


def trtexec(args, *flags, emulated):
    environment = dict(os.environ, HONE_KERNEL_CACHE=args.work + "/kernels")
    if emulated:
        environment.update(HONE_CUDA_DRIVER=args.emulator, HONE_NVRTC=args.emulator, HONE_CUDNN="off", HONE_CUBLASLT="off")
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        command = [args.trtexec, *flags, f"--loadInputs=picture:{PICTURE}", "--iterations=3", "--duration=0", "--warmUp=0", f"--exportOutput={out.name}"]
        if not emulated:
            command.append("--device=cpu")
        r = subprocess.run(command, capture_output=True, text=True, env=environment)
        if r.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{r.stdout}{r.stderr}")
        return json.load(open(out.name))[0]["values"], r.stdout


def distance(got, want):
    return (sum((a - b) ** 2 for a, b in zip(got, want)) / sum(b * b for b in want)) ** 0.5


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--trtexec", required=True)
    p.add_argument("--emulator", required=True)
    p.add_argument("--work", required=True)
    args = p.parse_args()
    os.makedirs(args.work, exist_ok=True)
    plan = os.path.join(args.work, "shapes.plan")
    want, _ = trtexec(args, f"--onnx={MODEL}", emulated=False)
    failures = []
    for name, flags, tolerance in (("FP32", ["--noTF32"], 1e-5), ("FP16", ["--fp16"], 5e-3)):
        got, log = trtexec(args, f"--onnx={MODEL}", f"--saveEngine={plan}", "--builderOptimizationLevel=0", "--verbose", *flags, emulated=True)
        again, _ = trtexec(args, f"--loadEngine={plan}", emulated=True)
        far = distance(got, want)
        print(f"{name}: relative L2 distance to the CPU device {far:.1e}")
        if not far <= tolerance:
            failures.append(f"{name}: distance {far:.1e}, allowed are {tolerance:.0e}")
        if got == want:
            failures.append(f"{name}: the results equal the CPU's to the last bit, so this was not the CUDA device")
        if again != got:
            failures.append(f"{name}: a loaded plan gives other results than the engine that was built")
        if "runs on the host: no tactic" in log:
            failures.append(f"{name}: a layer runs on the host: {next(l for l in log.splitlines() if 'runs on the host: no tactic' in l)}")
    # Part of the network on the processor: layers and copies are where they were put, the results stay.
    layers = os.path.join(args.work, "layers.json")
    got, log = trtexec(args, f"--onnx={MODEL}", "--builderOptimizationLevel=0", "--profilingVerbosity=detailed", f"--exportLayerInfo={layers}",
                       "--layerDeviceTypes=/net/stem/*:CPU", "--noTF32", emulated=True)
    placed = [x for x in json.load(open(layers))["Layers"] if x["LayerType"] != "HostDims"]
    stem = [x for x in placed if any(o.startswith("/net/stem/") for o in x["Origins"])]
    print(f"placement: {len(stem)} layers on the processor, {sum(x['LayerType'] == 'Transfer' for x in placed)} copies")
    if not distance(got, want) <= 1e-5:
        failures.append(f"placement: distance {distance(got, want):.1e}")
    if not stem or any(x["Device"] != "cpu" or any(not o.startswith("/net/stem/") for o in x["Origins"]) for x in stem):
        failures.append(f"placement: the stem is not alone on the processor: {[(x['Name'], x['Device']) for x in stem]}")
    if any(x["Device"] != "cuda" for x in placed if x not in stem):
        failures.append(f"placement: other layers are there, too: {[x['Name'] for x in placed if x not in stem and x['Device'] != 'cuda']}")
    if not any(x["LayerType"] == "Transfer" for x in placed) or "put there by the user" not in log or "copies to the host" not in log:
        failures.append("placement: no copies, or no table of the placement in the log")
    # Every layer of a half-precision engine against the reference.
    verified = os.path.join(args.work, "verified.json")
    trtexec(args, f"--onnx={MODEL}", "--builderOptimizationLevel=0", "--fp16", "--verify", f"--exportVerify={verified}", emulated=True)
    checks = [x for x in json.load(open(verified)) if x["compared"]]
    worst = max(checks, key=lambda x: x["relativeError"])
    print(f"verification: {len(checks)} layers, the worst has an error of {worst['relativeError']:.1e} ({worst['layer']})")
    if len(checks) < 5 or not all(x["passed"] for x in checks) or not any(x["precision"] == "FP16" and x["relativeError"] > 1e-6 for x in checks):
        failures.append(f"verification: {[x for x in checks if not x['passed']]}")
    print("\n".join(failures) or "all agree")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
