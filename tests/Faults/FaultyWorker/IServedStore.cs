using Millrace.Results;

namespace Millrace.FaultyWorker;

/// <summary>All that the worker looks for in its store.</summary>
internal interface IServedStore : IResultStore, ICancellationStore;
