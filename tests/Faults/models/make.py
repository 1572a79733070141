#!/usr/bin/env python3
"""Writes echo/1/model.onnx, the model that the fault tests serve. Needs Debian's python3-onnx, nothing else.

    /usr/bin/python3 tests/Faults/models/make.py

A row is a switch and a number: the answer is the number. The switch indexes a table of divisors. Most of them are 1; the last is -1, and the
lowest of all numbers divided by that ends the process: the processor has no such number (SIGFPE). Any other value of the switch is out of
bounds, and the run throws for the whole batch.
"""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

HARMLESS = 31  # the loader tries small whole numbers on every model

graph = helper.make_graph(
    [
        helper.make_node("Gather", ["divisors", "switch"], ["divisor"]),
        helper.make_node("Div", ["number", "divisor"], ["echo"]),
    ],
    "echo",
    [
        helper.make_tensor_value_info("switch", TensorProto.INT64, ["rows", 1]),
        helper.make_tensor_value_info("number", TensorProto.INT64, ["rows", 1]),
    ],
    [helper.make_tensor_value_info("echo", TensorProto.INT64, ["rows", 1])],
    [helper.make_tensor("divisors", TensorProto.INT64, [HARMLESS + 1], [1] * HARMLESS + [-1])],
)
model = helper.make_model(graph, producer_name="millrace", opset_imports=[helper.make_opsetid("", 13)])
model.ir_version = 8
onnx.checker.check_model(model)
path = Path(__file__).with_name("echo") / "1" / "model.onnx"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_bytes(model.SerializeToString())
