#!/usr/bin/env python3
"""Trains the digits model and writes everything that is derived from its data.

Needs Debian's python3-onnx and python3-sklearn, nothing else. From the top of the repository:

    /usr/bin/python3 models/digits/train.py            train, write the files, print the accuracy
    /usr/bin/python3 models/digits/train.py --check    train, compare with the files that are there, write nothing

It writes models/digits/1/model.onnx, models/digits/model.json, samples/digits.csv and samples/digits-job.json.
The same Debian packages give the same bytes on every run.
"""

import argparse
import hashlib
import json
import os
import sys
import warnings
from pathlib import Path

# Training amplifies the last bit of every sum, so the arithmetic must not depend on the machine: one thread, and the
# code path that every x86-64 has. NumPy and BLAS read these when they are loaded, hence before the imports below.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OPENBLAS_CORETYPE"] = "Prescott"
os.environ["NPY_DISABLE_CPU_FEATURES"] = (
    "SSE41 POPCNT SSE42 AVX F16C FMA3 AVX2 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"
)
warnings.filterwarnings("ignore", message="During parsing environment variable")  # a feature this machine lacks anyway

import numpy as np  # noqa: E402
import onnx  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.exceptions import ConvergenceWarning  # noqa: E402
from sklearn.model_selection import StratifiedKFold  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
MODEL = "models/digits/1/model.onnx"
CONFIG = "models/digits/model.json"
CSV = "samples/digits.csv"
JOB = "samples/digits-job.json"

SEED = 20
SCALE = 0.0625  # raw pixels are 0..16; exact in binary
EVERY = 5  # data rows 5, 10, 15 ..., counted from 1, are held out
FOLDS = 5
CANDIDATES = [(hidden, nudge) for hidden in (64, 128, 256) for nudge in (0, 0.2, 0.4)]
LOWEST_ACCURACY = 0.97


def held_out(rows):
    return np.arange(1, rows + 1) % EVERY == 0


def nudged(images, share):
    """The images, and each moved up, down, left and right by that share of a pixel."""
    framed = np.pad(images.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    moved = (framed[:, y : y + 8, x : x + 8].reshape(-1, 64) for y, x in ((0, 1), (2, 1), (1, 0), (1, 2)))
    return np.vstack([images, *((1 - share) * images + share * other for other in moved)])


def fit(hidden, nudge, images, labels):
    passes = 60
    if nudge:
        images, labels, passes = nudged(images, nudge), np.tile(labels, 5), 20
    mlp = MLPClassifier((hidden,), alpha=0.01, learning_rate_init=0.002, batch_size=64, max_iter=passes, random_state=SEED)
    with warnings.catch_warnings():
        # The number of passes is part of the recipe, not a limit to converge under.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mlp.fit(images, labels)


def choose(images, labels):
    """The candidate with the best cross-validated accuracy; the smaller one where two are equal."""
    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(images, labels))
    best = (-1, None)
    for hidden, nudge in CANDIDATES:
        right = sum((fit(hidden, nudge, images[a], labels[a]).predict(images[b]) == labels[b]).sum() for a, b in folds)
        print(f"  hidden {hidden:<4} nudge {nudge:<4} {right / len(labels):.2%}", flush=True)
        if right > best[0]:
            best = (right, (hidden, nudge))
    return best[1]


def to_onnx(mlp):
    """image [N,64] in 0..1 -> Gemm, Relu, ..., Gemm, Softmax -> probabilities [N,10]."""
    nodes, weights, value = [], [], "image"
    last = len(mlp.coefs_) - 1
    for layer, (weight, bias) in enumerate(zip(mlp.coefs_, mlp.intercepts_)):
        names = [f"weight_{layer}", f"bias_{layer}"]
        weights += [numpy_helper.from_array(a.astype(np.float32), n) for a, n in zip((weight, bias), names)]
        result = "logits" if layer == last else f"hidden_{layer}"
        nodes.append(helper.make_node("Gemm", [value, *names], [result], name=f"gemm_{layer}"))
        value = result
        if layer != last:
            value = f"relu_{layer}"
            nodes.append(helper.make_node("Relu", [result], [value], name=value))
    nodes.append(helper.make_node("Softmax", [value], ["probabilities"], name="softmax", axis=-1))
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 64])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 10])],
        weights,
    )
    model = helper.make_model(graph, producer_name="models/digits/train.py", opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def predict(model, images):
    """Runs the file's own graph in single precision; Debian has no ONNX Runtime for Python."""
    graph = onnx.load_model_from_string(model).graph
    values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    values["image"] = images.astype(np.float32)
    for node in graph.node:
        x, *rest = (values[name] for name in node.input)
        if node.op_type == "Gemm":
            values[node.output[0]] = x @ rest[0] + rest[1]
        elif node.op_type == "Relu":
            values[node.output[0]] = np.maximum(x, 0)
        elif node.op_type == "Softmax":
            e = np.exp(x - x.max(axis=-1, keepdims=True))
            values[node.output[0]] = e / e.sum(axis=-1, keepdims=True)
        else:
            raise ValueError(f"{node.op_type}: not an operator that this script writes")
    return values[graph.output[0].name].argmax(axis=-1)


def to_csv(pixels, labels):
    header = [f"pixel_{i}" for i in range(pixels.shape[1])] + ["label"]
    lines = [",".join(map(str, [*row, label])) for row, label in zip(pixels.tolist(), labels.tolist())]
    return ("\n".join([",".join(header), *lines]) + "\n").encode()


def to_config(csv):
    config = {
        "description": "Handwritten digits, 8x8 grey pixels of 0 to 16, to the probabilities of 0 to 9.",
        "max_batch_size": 64,
        "max_queue_delay": "0ms",
        "instances": 1,
        "columns": {"image": ["pixel_0..pixel_63"]},
        "scale": {"image": SCALE},
        "require_finite": True,
        "labels": {"probabilities": [str(digit) for digit in range(10)]},
        "top_k": 1,
        "evaluation": {
            "file": CSV,
            "sha256": hashlib.sha256(csv).hexdigest(),
            "label_column": "label",
            "held_out": {"every": EVERY, "first": EVERY},
        },
    }
    # One key a line: people read this file.
    return ("{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in config.items()) + "\n}\n").encode()


def to_job(pixels):
    tensor = {"name": "image", "shape": [1, len(pixels)], "datatype": "FP32", "data": pixels.tolist()}
    return (json.dumps({"model_name": "digits", "inputs": [tensor]}) + "\n").encode()


def build():
    data = load_digits()
    pixels, labels = data.data.astype(np.int64), data.target
    images, out = pixels * SCALE, held_out(len(labels))

    print(f"{FOLDS}-fold cross validation on the {(~out).sum()} training rows:", flush=True)
    hidden, nudge = choose(images[~out], labels[~out])
    model = to_onnx(fit(hidden, nudge, images[~out], labels[~out]))

    right = predict(model, images) == labels
    accuracy = right[out].mean()
    print(f"chosen: hidden {hidden}, nudge {nudge}; {len(model):,} bytes")
    print(f"training rows: {right[~out].sum()} of {(~out).sum()} right, {right[~out].mean():.2%}")
    print(f"held-out rows: {right[out].sum()} of {out.sum()} right, {accuracy:.2%}")
    if accuracy < LOWEST_ACCURACY:
        sys.exit(f"The accuracy on the held-out rows is under {LOWEST_ACCURACY:.0%}: nothing was written.")

    csv = to_csv(pixels, labels)
    return {MODEL: model, CONFIG: to_config(csv), CSV: csv, JOB: to_job(pixels[EVERY - 1])}


def main():
    parser = argparse.ArgumentParser(description="Trains the digits model and writes the files derived from its data.")
    parser.add_argument("--check", action="store_true", help="compare with the files that are there and write nothing")
    check = parser.parse_args().check

    files = build()
    if check:
        different = [p for p, b in files.items() if not (ROOT / p).is_file() or (ROOT / p).read_bytes() != b]
        if different:
            sys.exit("Not what training gives: " + ", ".join(different))
        print("The files are byte for byte what training gives.")
        return
    for path, content in files.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_bytes(content)
    # Without full_check, which rewrites the file with inferred shapes; to_onnx has made that check.
    onnx.checker.check_model(str(ROOT / MODEL))
    print("Wrote " + ", ".join(files) + ".")


if __name__ == "__main__":
    main()
