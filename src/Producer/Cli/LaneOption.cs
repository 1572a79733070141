using Millrace.Contracts;

namespace Millrace.Producer.Cli;

/// <summary><c>--lane</c>.</summary>
internal static class LaneOption
{
    public static DefaultedOption<Lane> Create(Lane unlessGiven) => new("--lane", unlessGiven)
    {
        Description = $"interactive: someone waits; bulk: fills what that leaves free [default: {Name(unlessGiven)}]",
        HelpName = "LANE",
        CustomParser = result => Read(result.Tokens[0].Value, result.AddError),
    };

    private static Lane? Read(string text, Action<string> fail)
    {
        switch (text)
        {
            case "interactive": return Lane.Interactive;
            case "bulk": return Lane.Bulk;
            default:
                fail($"--lane: expected interactive or bulk, found '{text}'");
                return default;
        }
    }

    private static string Name(Lane lane) => lane == Lane.Bulk ? "bulk" : "interactive";
}
