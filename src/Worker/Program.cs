using Millrace.Worker.Hosting;

return await Millrace.Worker.Hosting.WorkerHost.RunAsync(args);
