"""What the peers share: the numbers to start from, and answering requests, one JSON object a line."""

import json
import pathlib
import sys
import time

import numpy as np

LAYERS = ["hidden0", "hidden1", "hidden2", "output"]


class Exchange:
    """The arrays that the benchmark wrote, by name, and its settings."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.meta = json.loads((self.folder / "meta.json").read_text())

    def __getitem__(self, name):
        for suffix, kind in ((".f32", np.float32), (".f64", np.float64)):
            path = self.folder / (name + suffix)
            if path.exists():
                return np.fromfile(path, kind).reshape(self.meta["shapes"][name])
        raise KeyError(name)

    def parameters(self, which):
        """Weights and biases in the order of the layers."""
        return [self[f"{which}-{layer}.{part}"] for layer in LAYERS for part in ("weight", "bias")]

    def moments(self):
        """Adam's first moments after one step, in the same order; of the first weights only the rows in use."""
        return self.parameters("moments")

    def points(self):
        """Some points of the grid: its corners, its centre and others between; with the gradients found there."""
        x, y, field = self["x"], self["y"], self["field"]
        places = [(j, i) for j in (0, 7, 10, len(y) - 1) for i in (0, 3, 5, len(x) - 1)]
        return [(x[i], y[j], field[j, i]) for j, i in places]

    def compare(self, moments, gradient_at):
        """Largest differences, as fractions of the largest value: of the first moments, and of the landscape at some points."""
        rows = self.meta["rows"]
        moments = [np.asarray(moment, np.float64) for moment in moments]
        moments[0] = moments[0][rows]
        step = max(np.abs(a - b).max() / np.abs(b).max() for a, b in zip(moments, self.moments()))
        ours = np.array([gradient for _, _, gradient in self.points()])
        theirs = np.array([gradient_at(x, y) for x, y, _ in self.points()])
        return {"step": float(step), "landscape": float(np.abs(theirs - ours).max() / np.abs(ours).max())}


def serve(first, tasks):
    """Says `first`, then runs the tasks it is asked for until its input ends; answers with milliseconds."""
    print(json.dumps(first), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        start = time.perf_counter()
        tasks[request["task"]](request["count"])
        print(json.dumps({"milliseconds": 1000 * (time.perf_counter() - start)}), flush=True)
