using Millrace.Bench;

// Measures the served path on this machine: private RabbitMQ and Postgres, one worker process, one load client, all on the same cores.
// bench/README.md says how to run it and what each figure means.
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

var options = BenchOptions.Parse(args);
if (options is null)
{
    await Console.Error.WriteLineAsync(BenchOptions.Usage);
    return 2;
}

await using var site = await Site.StartAsync(options, stop.Token);
var report = new Report(options);
foreach (var measure in options.Measures)
{
    await Console.Error.WriteLineAsync($"{measure.Name} …");
    await measure.RunAsync(site, report, stop.Token);
}

Console.WriteLine(report.ToTable());
await report.WriteAsync(stop.Token);
return 0;
