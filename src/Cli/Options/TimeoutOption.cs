namespace Millrace.Cli.Options;

/// <summary><c>--timeout</c> and its like.</summary>
internal static class TimeoutOption
{
    // The most that a timer takes.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(24);

    public static DefaultedOption<TimeSpan> Create(string description, TimeSpan unlessGiven) => Create("--timeout", description, unlessGiven);

    public static DefaultedOption<TimeSpan> Create(string name, string description, TimeSpan unlessGiven) => new(name, unlessGiven)
    {
        Description = $"{description}, such as 500ms, 30s or 5m [default: {unlessGiven.TotalSeconds:0}s]",
        HelpName = "TIME",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (Durations.TryParse(text, out var timeout) && timeout > TimeSpan.Zero && timeout <= s_longest)
            {
                return timeout;
            }

            result.AddError($"{name}: expected a time such as 500ms, 30s or 5m, at most 24d, found '{text}'");
            return null;
        },
    };
}
