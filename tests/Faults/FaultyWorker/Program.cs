using Millrace.FaultyWorker;
using Millrace.Worker.Hosting;

var fault = Fault.FromEnvironment();
using var kill = new KillSwitch(fault);
return await WorkerHost.RunAsync(args, services => services.Inject(fault, kill));
