using System.CommandLine;
using Millrace.Cli.Options;
using Millrace.Cli.Services;
using Millrace.Cli.Terminal;
using Millrace.Producer.DeadLetters;

namespace Millrace.Cli.DeadLetters;

/// <summary>The options that say which dead letters are meant, and where they are.</summary>
internal sealed class DeadLetterOptions
{
    private readonly CliContext _context;
    private readonly ServiceOptions _services;
    private readonly Option<string?> _reason = new("--reason")
    {
        Description = "Only those that died of it: delivery_limit, expired, rejected, or a worker's code such as unreadable_body",
        HelpName = "REASON",
    };

    private readonly Option<string?> _model = new("--model") { Description = "Only those of this model's queues", HelpName = "NAME" };
    private readonly Option<string?> _queue = new("--queue") { Description = "Only those of this queue", HelpName = "QUEUE" };
    private readonly Option<Guid?> _job = IdOption.Create("--job", "Only those of this job");
    private readonly Option<int?> _limit = CountOption.Create("--limit", "At most so many, the first in the queue [default: all]");

    public DeadLetterOptions(CliContext context, Command command)
    {
        _context = context;
        command.Add(_reason);
        command.Add(_model);
        command.Add(_queue);
        command.Add(_job);
        command.Add(_limit);
        _services = new ServiceOptions().AddBroker(command);
    }

    /// <summary>Opens the box that the arguments name.</summary>
    public Task<DeadLetterBox> OpenAsync(ParseResult arguments, CancellationToken cancellationToken) =>
        DeadLetterBox.OpenAsync(
            _services.RequiredBroker(arguments, _context), _services.CertificateAuthority(arguments, _context), cancellationToken);

    /// <summary>Which ones the arguments mean.</summary>
    public DeadLetterFilter Filter(ParseResult arguments) => new()
    {
        Reason = arguments.GetValue(_reason),
        ModelName = arguments.GetValue(_model),
        Queue = arguments.GetValue(_queue),
        JobId = arguments.GetValue(_job),
        Limit = arguments.GetValue(_limit) ?? int.MaxValue,
    };
}
