using Millrace.Contracts;

namespace Millrace.Cli.Options;

/// <summary><c>--lane</c>.</summary>
internal static class LaneOption
{
    public static DefaultedOption<Lane> Create(Lane unlessGiven) => new("--lane", unlessGiven)
    {
        Description = $"interactive: someone waits; bulk: fills what that leaves free [default: {unlessGiven.ToName()}]",
        HelpName = "LANE",
        CustomParser = result => Read(result.Tokens[0].Value, result.AddError),
    };

    private static Lane? Read(string text, Action<string> fail)
    {
        if (Lanes.TryParse(text, out var lane))
        {
            return lane;
        }

        fail($"--lane: expected {string.Join(" or ", Lanes.Names)}, found '{text}'");
        return null;
    }
}
