using Millrace.Bench.Unguarded;
using Millrace.Worker;

return await WorkerHost.RunAsync(args, UnguardedServices.TakeGuaranteesOff);
