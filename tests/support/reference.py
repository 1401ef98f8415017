"""What the end-to-end tests and the benchmark share: the reference environment, the folder with models, one run of
trtexec on given inputs, and the distance between two results."""
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIPPED = 77  # the exit status that ctest counts as skipped


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def environment(*modules):
    """Makes `modules` importable: runs the script again in the environment of scripts/setup --reference, or skips."""
    folder = os.path.join(os.environ.get("HONE_DEPS_DIR") or os.path.join(ROOT, ".deps"), "reference")
    python = os.path.join(folder, "bin", "python")
    if os.path.realpath(sys.prefix) != os.path.realpath(folder) and os.access(python, os.X_OK):
        os.execv(python, [python, *sys.argv])
    for name in modules:
        try:
            __import__(name)
        except ImportError:
            skip(f"Python has no {name} here; scripts/setup --reference (for openvino: --bench) installs it")


def shared(*path):
    """A file or folder of the shared models and data; skips where they are absent."""
    for base in (os.environ.get("HONE_SHARED"), os.path.join(ROOT, "shared"), os.path.join(ROOT, "..", "shared")):
        if base and os.path.exists(os.path.join(base, *path)):
            return os.path.abspath(os.path.join(base, *path))
    skip(f"no {os.path.join('shared', *path)} beside or inside the source tree; HONE_SHARED names another place")


class Outcome:
    """How one run of trtexec ended: its status, its outputs by name (float64; None unless it succeeded), its log."""

    def __init__(self, status, outputs, log):
        self.status, self.outputs, self.log = status, outputs, log

    @property
    def crashed(self):
        return self.status < 0 or self.status >= 124

    def reason(self):
        """The line of the log that says most."""
        if self.status == 124:
            return "ran out of time"
        lines = [line.strip() for line in self.log.splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower()]
        return ((errors or lines or ["no output"])[0 if errors else -1])[:200]


def run(trtexec, model, inputs, shapes=None, flags=(), seconds=300):
    """Builds an engine from `model` and runs it once on `inputs` {name: array}; `shapes`: pass --shapes too."""
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for i, (name, value) in enumerate(inputs.items()):
            files[name] = f"{folder}/{i}.bin"
            np.ascontiguousarray(value).tofile(files[name])
        result = f"{folder}/outputs.json"
        command = [trtexec, f"--onnx={model}", "--device=cpu", "--warmUp=0", "--duration=0", "--iterations=1", f"--exportOutput={result}", *flags]
        if files:
            command.append("--loadInputs=" + ",".join(f"{name}:{file}" for name, file in files.items()))
        dynamic = [f"{name}:{'x'.join(map(str, value.shape))}" for name, value in inputs.items() if value.ndim]
        if shapes and dynamic:
            command.append("--shapes=" + ",".join(dynamic))
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=seconds)
        except subprocess.TimeoutExpired:
            return Outcome(124, None, "")
        outputs = None
        if done.returncode == 0 and os.path.exists(result):
            with open(result) as f:
                outputs = {o["name"]: as_array(o) for o in json.load(f)}
        return Outcome(done.returncode, outputs, done.stdout + done.stderr)


def as_array(output):
    import numpy as np

    shape = [int(n) for n in str(output.get("dimensions", "")).split("x") if n]
    return np.array([float(v) for v in output["values"]], dtype=np.float64).reshape(shape)


def distance(got, want):
    """Relative L2 distance of two tensors. Equal infinities and NaNs count as equal; other sizes are infinitely far."""
    import numpy as np

    got, want = np.ravel(got).astype(np.float64), np.ravel(want).astype(np.float64)
    if got.size != want.size:
        return float("inf")
    with np.errstate(invalid="ignore"):
        differs = ~((got == want) | (np.isnan(got) & np.isnan(want)))
        if not differs.any():
            return 0.0
        if not np.isfinite(got[differs]).all() or not np.isfinite(want[differs]).all():
            return float("inf")
    size = np.linalg.norm(want[np.isfinite(want)])
    return float(np.linalg.norm(got[differs] - want[differs]) / (size or 1.0))


def distances(outputs, wanted):
    """The distance of each wanted output; infinite where one is missing or has another shape."""
    import numpy as np

    far = {}
    for name, value in wanted.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
            continue
        missing = outputs is None or name not in outputs or outputs[name].shape != value.shape
        far[name] = float("inf") if missing else distance(outputs[name], value)
    return far


def worst(outputs, wanted):
    """Largest distance over the wanted outputs."""
    return max(distances(outputs, wanted).values(), default=0.0)
