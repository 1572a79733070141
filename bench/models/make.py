#!/usr/bin/env python3
"""Writes the models that only the benchmarks serve, each with its model.json. Needs Debian's python3-onnx, nothing else.

    /usr/bin/python3 bench/models/make.py

The weights come from a fixed seed: what the models answer means nothing, and costs what a real one of their shape does.
"""

import json
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

RANDOM = numpy.random.RandomState(20261121)
FOLDER = Path(__file__).parent


def weight(name, *shape):
    """As large as keeps the sizes of activations as they are."""
    inputs = numpy.prod(shape[1:]) if len(shape) == 4 else shape[0]
    return numpy_helper.from_array((RANDOM.standard_normal(shape) * numpy.sqrt(2 / inputs)).astype(numpy.float32), name)


def write(name, description, max_batch_size, nodes, input_row, output_row, initializers):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["rows", *input_row])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["rows", *output_row])],
        initializers,
    )
    model = helper.make_model(graph, producer_name="millrace", opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    path = FOLDER / name / "1" / "model.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    config = {"description": description, "max_batch_size": max_batch_size, "max_queue_delay": "0ms", "instances": 1}
    (FOLDER / name / "model.json").write_text(json.dumps(config, indent=2) + "\n")


# 4 KiB in, 1 KiB out. A dense layer of both sizes would be 1 MiB: the narrow one between keeps the file small.
write(
    "bench-medium",
    "Benchmarks: 4 KiB in, 1 KiB out, little work.",
    64,
    [
        helper.make_node("MatMul", ["input", "down"], ["narrow"]),
        helper.make_node("Relu", ["narrow"], ["active"]),
        helper.make_node("MatMul", ["active", "up"], ["output"]),
    ],
    [1024],
    [256],
    [weight("down", 1024, 16), weight("up", 16, 256)],
)

# 64 KiB in, 64 bytes out: 1,024 numbers of every 16 are summed up, then mixed.
write(
    "bench-large",
    "Benchmarks: 64 KiB in, 64 bytes out, little work.",
    64,
    [
        helper.make_node("Reshape", ["input", "square"], ["columns"]),
        helper.make_node("ReduceMean", ["columns"], ["means"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["means", "mix"], ["output"]),
    ],
    [16384],
    [16],
    [numpy_helper.from_array(numpy.array([0, 1024, 16], numpy.int64), "square"), weight("mix", 16, 16)],
)

# A few milliseconds a row on one thread: 32 x 32 pixels through nine convolutions. All but the first have the same kernel, which keeps the
# file small; the input is small too, so that the transport of a job is little beside its run.
CHANNELS, LAYERS = 48, 8
weights = [weight("first", CHANNELS, 1, 3, 3), weight("kernel", CHANNELS, CHANNELS, 3, 3)]
nodes, last = [], "input"
for layer in range(1 + LAYERS):
    kernel = "kernel" if layer else "first"
    nodes.append(helper.make_node("Conv", [last, kernel], [f"conv{layer}"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
    nodes.append(helper.make_node("Relu", [f"conv{layer}"], [f"relu{layer}"]))
    last = f"relu{layer}"
nodes += [
    helper.make_node("GlobalAveragePool", [last], ["pooled"]),
    helper.make_node("Flatten", ["pooled"], ["features"]),
    helper.make_node("MatMul", ["features", "classes"], ["output"]),
]
write(
    "bench-conv",
    "Benchmarks: a convolutional network of a few milliseconds a row on one thread.",
    8,
    nodes,
    [1, 32, 32],
    [10],
    [*weights, weight("classes", CHANNELS, 10)],
)
