using System.Runtime.InteropServices;
using Millrace.Bench.Floor;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

// The least C# that serves jobs: consume, group what is there, run, insert, reply, ack. bench/Floor/README.md says what it leaves out.

// It has to hold what the lanes have in hand, what waits for its confirms, and the next group. README.md says what was tried.
const ushort Prefetch = 512;

// Each lane has one group in hand, from its run to its last reply. README.md says what was tried.
const int Lanes = 3;

var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    stop.TrySetResult();
});

static string Setting(string name) =>
    Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set.");

// The client keeps what its callbacks throw to itself, and a delivery is lost by it.
Task EndAsync(object sender, CallbackExceptionEventArgs failure)
{
    stop.TrySetException(failure.Exception);
    return Task.CompletedTask;
}

var name = Setting("BENCH_MODEL");
using var model = new Model(name, Setting("BENCH_MODEL_FILE"), int.Parse(Environment.GetEnvironmentVariable("BENCH_THREADS") ?? "1"));
// A connection that came back would number its publishes anew, and the confirms are counted here: a lost one is the end.
var factory = new ConnectionFactory { Uri = new Uri(Setting("BENCH_BROKER")), AutomaticRecoveryEnabled = false };
await using var jobs = await factory.CreateConnectionAsync("floor, jobs");
await using var replies = await factory.CreateConnectionAsync("floor, replies");
await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
{
    Host = Setting("PGHOST"),
    Port = int.Parse(Setting("PGPORT")),
    Username = Setting("PGUSER"),
    Password = Setting("PGPASSWORD"),
    Database = Setting("PGDATABASE"),
});

await using var channel = await jobs.CreateChannelAsync();
channel.CallbackExceptionAsync += EndAsync;
using var intake = new Intake(channel, model);
var lanes = new List<Task>();
for (var i = 0; i < Lanes; i++)
{
    var replyChannel = await replies.CreateChannelAsync(Lane.ChannelOptions);
    replyChannel.CallbackExceptionAsync += EndAsync;
    var lane = await Lane.OpenAsync(intake, model, database, replyChannel);
    lanes.Add(Task.Run(lane.RunAsync));
}

await channel.BasicQosAsync(0, Prefetch, global: false);
await channel.BasicConsumeAsync($"millrace.{name}", autoAck: false, intake);
Console.WriteLine("ready");

// A lane ends only by an exception. Nothing is caught or tried again: the process ends by it.
await await Task.WhenAny([stop.Task, .. lanes]);
