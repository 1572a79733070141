namespace Millrace.Worker.Inference.Sessions;

/// <summary>A run was stopped, or never begun, because the worker ends. It says nothing about the batch: its jobs go back to the broker.</summary>
internal sealed class RunStoppedException(Exception? fault = null) : Exception("the worker ends before the run does", fault);
