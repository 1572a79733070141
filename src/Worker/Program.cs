return await Millrace.Worker.Hosting.WorkerHost.RunAsync(args);
