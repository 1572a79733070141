using Millrace.Bench.Unguarded;
using Millrace.Worker.Hosting;

return await WorkerHost.RunAsync(args, UnguardedServices.TakeGuaranteesOff);
