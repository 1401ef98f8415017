#!/usr/bin/env python3
"""hone run, build and inspect as a user meets them. Needs Python alone."""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEMO = os.path.join(ROOT, "assets", "shapes.onnx")
PICTURE = os.path.join(ROOT, "assets", "shapes.png")
DYNAMIC = os.path.join(ROOT, "tests", "fuzz", "seeds", "shapes.onnx")
HONE = "hone"
FAST = ["--effort", "0"]


class Hone(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = lambda name: os.path.join(folder.name, name)

    def call(self, *arguments, fails=False):
        done = subprocess.run([HONE, *arguments], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode != 0, fails, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_run_names_the_picture(self):
        text = self.call("run", DEMO, PICTURE, "--duration", "0", *FAST)
        self.assertRegex(text, r"tune +\d+ %, [\d.]+ s, about [\d.]+ s left")
        classes = re.findall(r"^ +([\d.]+) %  class +\d+ (.*)$", text, re.M)
        self.assertEqual(len(classes), 5)
        self.assertEqual(classes[0][1], "star")
        self.assertAlmostEqual(float(classes[0][0]), 96.2, delta=0.2)
        self.assertRegex(text, r"min +mean +median +p90 +p95 +p99")
        self.assertRegex(text, r"throughput [\d.]+ per second")
        self.assertIn("Where the time goes", text)

    def test_plans_stand_alone(self):
        self.call("build", DEMO, self.path("p"), *FAST)
        text = self.call("run", self.path("p"), PICTURE, "--duration", "0", "--labels", os.path.join(ROOT, "assets", "shapes.labels.txt"))
        self.assertIn("star", text)
        text = self.call("inspect", self.path("p"))
        self.assertRegex(text, r"input +picture FP32 1x3x96x96")
        self.assertRegex(text, r"/net/stem/stem.0/Conv.*\[Convolution\].*f32\[.*tactic cpu\.")
        layers = json.loads(self.call("inspect", "--json", self.path("p")))["Layers"]
        self.assertTrue(all(x["Name"] and x["LayerType"] and x["Outputs"] for x in layers))

    def test_other_inputs(self):
        text = self.call("run", DYNAMIC, "--shapes", "x:3x12", "--duration", "0", *FAST)
        self.assertIn("drawn at random", text)
        self.assertIn("3x3x3", text)

    def test_verification(self):
        text = self.call("build", DEMO, self.path("p"), "--verify", "--export-verify", self.path("v"), *FAST)
        self.assertRegex(text, r"\d+ layers compared with the reference, 0 left out, 0 over their tolerance")
        with open(self.path("v")) as f:
            self.assertTrue(all(x["passed"] for x in json.load(f)))
        self.assertIn("too far", self.call("build", DEMO, self.path("p"), "--verify", "1e-30", "--verify-action", "refuse", *FAST, fails=True))

    def test_errors(self):
        self.assertIn("cannot open", self.call("run", "nothing.onnx", fails=True))
        self.assertIn("Run with --help", self.call("dance", fails=True))
        self.assertIn("cannot open", self.call("inspect", "nothing.plan", fails=True))
        self.assertIn("more inputs", self.call("run", DEMO, PICTURE, PICTURE, "--duration", "0", *FAST, fails=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hone", default="build/release/bin/hone")
    own, rest = parser.parse_known_args()
    HONE = own.hone
    unittest.main(argv=[sys.argv[0], *rest])
