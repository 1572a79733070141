return await Millrace.Worker.WorkerHost.RunAsync(args);
