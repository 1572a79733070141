using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Inference.Tensors;
using Millrace.Worker.Jobs;
using Xunit;

namespace Millrace.Worker.Tests.Inference.Sessions;

public sealed class FailureCausesTests
{
    [Theory]
    [InlineData("[ErrorCode:RuntimeException] Non-zero status code returned while running Expand node. Name:'' Status Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:359 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*, bool, onnxruntime::WaitNotificationFn) Failed to allocate memory for requested buffer of size 4503599627370496\n")]
    [InlineData("[ErrorCode:RuntimeException] Non-zero status code returned while running Conv node. Status Message: bfc_arena.cc:376 Available memory of 1048576 is smaller than requested bytes of 16777216")]
    [InlineData("[ErrorCode:RuntimeException] Non-zero status code returned while running Expand node. Name:'' Status Message: std::bad_alloc")]
    [InlineData("[ErrorCode:Fail] CUDA failure 2: out of memory ; GPU=0 ; hostname=gpu1 ; file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_allocator.cc ; line=47 ; expr=cudaMalloc((void**)&p, size);")]
    [InlineData("[ErrorCode:Fail] CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0 ; hostname=gpu1 ; expr=cublasCreate(&cublas_handle_);")]
    [InlineData("[ErrorCode:Fail] CUDNN failure 4002: CUDNN_STATUS_ALLOC_FAILED ; GPU=0 ; hostname=gpu1")]
    [InlineData("[ErrorCode:RuntimeException] Non-zero status code returned while running FusedMatMul node. Status Message: D:\\a\\_work\\1\\s\\onnxruntime\\core\\providers\\dml\\DmlExecutionProvider\\src\\BucketizedBufferAllocator.cpp(122) Exception(1) tid(1a2c) 8007000E Not enough memory resources are available to complete this operation.")]
    public void Memory_that_is_out_is_told_from_ONNX_Runtimes_messages(string message) =>
        Assert.Equal(FailureCause.OutOfMemory, FailureCauses.Of(new InvalidOperationException(message)));

    [Theory]
    [InlineData("[ErrorCode:Fail] CUDA failure 999: unknown error ; GPU=0 ; hostname=gpu1 ; expr=cudaStreamSynchronize(stream);")]
    [InlineData("[ErrorCode:Fail] CUDA failure 710: device-side assert triggered ; GPU=0 ; hostname=gpu1")]
    [InlineData("[ErrorCode:Fail] CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; hostname=gpu1")]
    [InlineData("[ErrorCode:Fail] CUDA failure 719: unspecified launch failure ; GPU=0 ; hostname=gpu1")]
    [InlineData("[ErrorCode:RuntimeException] DmlExecutionProvider\\src\\ExecutionContext.cpp(92) Exception(4) tid(8d0) 887A0005 The GPU device instance has been suspended. Use GetDeviceRemovedReason to determine the appropriate action.")]
    [InlineData("DXGI_ERROR_DEVICE_REMOVED")]
    [InlineData("[ErrorCode:Fail] WebGPU device lost: A valid external Instance reference no longer exists.")]
    [InlineData("vkQueueSubmit failed with VK_ERROR_DEVICE_LOST")]
    public void A_device_that_is_lost_is_told_from_ONNX_Runtimes_messages(string message) =>
        Assert.Equal(FailureCause.DeviceLost, FailureCauses.Of(new InvalidOperationException(message)));

    [Theory]
    [InlineData("[ErrorCode:InvalidArgument] Non-zero status code returned while running Gather node. Name:'' Status Message: indices element out of data bounds, idx=99 must be within the inclusive range [-5,4]")]
    [InlineData("[ErrorCode:Fail] Non-zero status code returned while running Add node. Name:'' Status Message: /onnxruntime_src/onnxruntime/core/providers/cpu/math/element_wise_ops.h:563 void onnxruntime::BroadcastIterator::Init(ptrdiff_t, ptrdiff_t) axis == 1 || axis == largest was false. Attempting to broadcast an axis by a dimension other than 1. 6 by 99")]
    public void What_the_models_own_check_refuses_is_told_from_ONNX_Runtimes_messages(string message) =>
        Assert.Equal(FailureCause.Refused, FailureCauses.Of(new InvalidOperationException(message)));

    [Theory]
    [InlineData("[ErrorCode:Fail] Non-zero status code returned while running ConstantOfShape node. Name:'' Status Message: /onnxruntime_src/onnxruntime/core/framework/op_kernel.cc:83 virtual OrtValue* onnxruntime::OpKernelContext::OutputMLValue(int, const onnxruntime::TensorShape&)")]
    [InlineData("[ErrorCode:RuntimeException] Non-zero status code returned while running a node on a device, for no reason that is known here")]
    [InlineData("CUDA failure 222: the provided PTX was compiled with an unsupported toolchain.")]
    public void Anything_else_is_ours(string message) =>
        Assert.Equal(FailureCause.Ours, FailureCauses.Of(new InvalidOperationException(message)));

    [Fact]
    public void Exceptions_that_say_it_by_their_type_need_no_message()
    {
        Assert.Equal(FailureCause.Ours, FailureCauses.Of(new InsufficientMemoryException("Failed to allocate memory")));
        Assert.Equal(FailureCause.Refused, FailureCauses.Of(new OutputMismatchException("out of memory, it says")));
        Assert.Equal(
            FailureCause.TimeLimit, FailureCauses.Of(new RunTimeoutException(TimeSpan.FromSeconds(1), new InvalidOperationException("Exiting"))));
    }
}
