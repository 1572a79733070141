using System.CommandLine;
using System.Text;
using Millrace.Cli.Options;
using Millrace.Cli.Services;
using Millrace.Cli.Terminal;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Producer;
using Millrace.Scoring;

namespace Millrace.Cli.Publish;

/// <summary><c>millrace publish</c>: one job, one reply.</summary>
internal sealed class PublishCommand
{
    private readonly CliContext _context;
    private readonly ServiceOptions _services;
    private readonly Argument<string?> _file = new("FILE")
    {
        Description = "The job, in the Open Inference Protocol's JSON; - or nothing for standard input",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _model = new("--model") { Description = "The model to ask, instead of the job's model_name", HelpName = "NAME" };
    private readonly DefaultedOption<Lane> _lane = LaneOption.Create(Lane.Interactive);
    private readonly Option<bool> _noWait = new("--no-wait") { Description = "Print the job's id once the broker has confirmed it, and wait for no reply" };
    private readonly DefaultedOption<TimeSpan> _timeout = TimeoutOption.Create("How long to wait for the reply", TimeSpan.FromSeconds(30));

    private PublishCommand(CliContext context, Command command)
    {
        _context = context;
        command.Add(_file);
        command.Add(_model);
        command.Add(_lane);
        command.Add(_noWait);
        command.Add(_timeout);
        _services = new ServiceOptions().AddServed(command).AddStore(command);
    }

    public static Command Create(CliContext context)
    {
        var command = new Command("publish", "Send one job and print its reply.");
        var publish = new PublishCommand(context, command);
        command.SetAction(publish.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var file = arguments.GetValue(_file) ?? Inputs.Standard;
        var body = await ReadAsync(file, cancellationToken);
        var job = JobDocument.Read(
            body, Inputs.Name(file), arguments.GetValue(_model), _lane.Of(arguments), _context.TimeProvider);
        var broker = _services.Broker(arguments, _context);
        var noWait = arguments.GetValue(_noWait);
        if (noWait && broker is null)
        {
            throw new UsageException(
                "--no-wait needs a broker: without one, the job would end with this process",
                $"give --broker or {ServiceOptions.BrokerVariable}");
        }

        await using var session = ClientSession.Open(
            _context,
            broker,
            _services.Models(arguments, _context),
            job.ModelName,
            _services.Store(arguments, _context),
            new MillraceClientOptions
            {
                CertificateAuthority = _services.CertificateAuthority(arguments, _context),
                Timeout = _timeout.Of(arguments),
                TimeProvider = _context.TimeProvider,
            },
            cancellationToken);
        var client = await session.Client;
        if (noWait)
        {
            await client.PublishAsync(job, cancellationToken);
            await PrintAsync(Encoding.UTF8.GetBytes(job.Id.ToString()), cancellationToken);
            return ExitCode.Ok;
        }

        var reply = await client.RequestAsync(job, cancellationToken);
        await PrintAsync(reply.Bytes, cancellationToken);
        return Judge(job, OipFormat.ReadResult(reply.Bytes));
    }

    private int Judge(OutgoingJob job, PredictionResult result)
    {
        if (result is { Status: JobStatus.Succeeded, RowErrors.Count: 0 })
        {
            return ExitCode.Ok;
        }

        if (result.Status == JobStatus.Succeeded)
        {
            var first = result.RowErrors[0];
            var bad = $"job {result.Id ?? job.Id}: {result.RowErrors.Count} row(s) have no answer; row {first.Row} ({first.Code}): {first.Error}";
            new ErrorReport(ExitCode.SomeFailed, bad, Hint: null).Write(_context);
            return ExitCode.SomeFailed;
        }

        new ErrorReport(
            ExitCode.SomeFailed, $"job {result.Id ?? job.Id} {Ended(result.Status)} ({result.Code}): {result.Error}", Hint: null).Write(_context);
        return ExitCode.SomeFailed;
    }

    private static string Ended(JobStatus status) => status is JobStatus.Rejected or JobStatus.Cancelled ? $"was {status.ToWireName()}" : $"has {status.ToWireName()}";

    private async Task<ReadOnlyMemory<byte>> ReadAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = Inputs.Open(file, _context);
        var body = new MemoryStream();
        var buffer = new byte[64 << 10];
        for (int count; (count = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            body.Write(buffer, 0, count);
            if (body.Length > WireLimits.HighestMaxPayloadBytes)
            {
                throw new UsageException($"{Inputs.Name(file)} is larger than {WireLimits.HighestMaxPayloadBytes >> 20} MiB, which is no job");
            }
        }

        return body.Length > 0
            ? body.GetBuffer().AsMemory(0, (int)body.Length)
            : throw new UsageException($"{Inputs.Name(file)} is empty", "expected one job: {\"model_name\": …, \"inputs\": […]}");
    }

    private async Task PrintAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        await _context.Out.WriteAsync(line, cancellationToken);
        await _context.Out.WriteAsync("\n"u8.ToArray(), cancellationToken);
        await _context.Out.FlushAsync(cancellationToken);
    }
}
