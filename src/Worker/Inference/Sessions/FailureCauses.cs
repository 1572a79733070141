using Millrace.Worker.Inference.Tensors;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Inference.Sessions;

/// <summary>
/// Tells the cause of a failed run. The only place that reads messages: ONNX Runtime has one error code, Fail, for all that a device
/// can do, and the texts come from its arena and from CUDA, cuBLAS, cuDNN, Direct3D and WebGPU below it. Pure.
/// </summary>
internal static class FailureCauses
{
    private static readonly string[] s_outOfMemory =
    [
        "Failed to allocate memory",                    // onnxruntime/core/framework/bfc_arena.cc
        "Available memory of",                          // bfc_arena.cc, over gpu_mem_limit
        "std::bad_alloc",
        "bad allocation",
        "out of memory",                                // CUDA error 2 in words, Vulkan, WebGPU
        "CUDA failure 2:",
        "CUDA error 2:",
        "cudaErrorMemoryAllocation",
        "CUDA_ERROR_OUT_OF_MEMORY",
        "CUBLAS_STATUS_ALLOC_FAILED",
        "CUBLAS failure 3:",
        "CUDNN_STATUS_ALLOC_FAILED",
        "E_OUTOFMEMORY",
        "8007000E",
        "VK_ERROR_OUT_OF_DEVICE_MEMORY",
        "VK_ERROR_OUT_OF_HOST_MEMORY",
    ];

    private static readonly string[] s_deviceLost =
    [
        "CUDA failure 999",                             // unknown error: the driver has given up on the context
        "CUDA failure 46:",                             // devices unavailable
        "CUDA failure 100:",                            // no device
        "CUDA failure 700:",                            // illegal address; this and the next ones stay with the context
        "CUDA failure 709:",
        "CUDA failure 710:",
        "CUDA failure 714:",
        "CUDA failure 715:",
        "CUDA failure 716:",
        "CUDA failure 717:",
        "CUDA failure 718:",
        "CUDA failure 719:",
        "device-side assert",
        "an illegal memory access",
        "unspecified launch failure",
        "GPU is lost",
        "fallen off the bus",
        "ECC error",
        "uncorrectable ECC",
        "device lost",
        "device is lost",
        "device was lost",
        "DXGI_ERROR_DEVICE_REMOVED",
        "DXGI_ERROR_DEVICE_HUNG",
        "DXGI_ERROR_DEVICE_RESET",
        "887A0005",
        "887A0006",
        "887A0007",
        "VK_ERROR_DEVICE_LOST",
        "CUBLAS_STATUS_NOT_INITIALIZED",
        "CUDNN_STATUS_NOT_INITIALIZED",
    ];

    private static readonly string[] s_refused =
    [
        "[ErrorCode:InvalidArgument]",
        "/core/providers/cpu/",                         // ORT_ENFORCE in a kernel: nothing but the inputs decides what it says
    ];

    /// <summary>Why a run failed.</summary>
    public static FailureCause Of(Exception fault) => fault switch
    {
        RunTimeoutException => FailureCause.TimeLimit,
        // Of a size that no array has: it will have none the next time either.
        OutputMismatchException or OverflowException => FailureCause.Refused,
        // .NET's own memory: a smaller batch or a new session would not give it back, and later there may be some.
        OutOfMemoryException => FailureCause.Ours,
        // A lost device may say so of an allocation, and memory that is out never says that the device is gone.
        _ when Says(fault.Message, s_deviceLost) => FailureCause.DeviceLost,
        _ when Says(fault.Message, s_outOfMemory) => FailureCause.OutOfMemory,
        _ when Says(fault.Message, s_refused) => FailureCause.Refused,
        _ => FailureCause.Ours,
    };

    private static bool Says(string message, string[] marks) =>
        Array.Exists(marks, mark => message.Contains(mark, StringComparison.OrdinalIgnoreCase));
}
