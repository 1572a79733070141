using System.CommandLine;
using Millrace.Contracts;

namespace Millrace.Cli.Options;

/// <summary><c>--status</c>.</summary>
internal static class StatusOption
{
    public static Option<JobStatus?> Create() => new("--status")
    {
        Description = $"Only jobs that ended so: {string.Join(", ", JobStatuses.Names)}",
        HelpName = "STATUS",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (JobStatuses.TryParse(text, out var status))
            {
                return status;
            }

            result.AddError($"--status: expected one of {string.Join(", ", JobStatuses.Names)}, found '{text}'");
            return null;
        },
    };
}
