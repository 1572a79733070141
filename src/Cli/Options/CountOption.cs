using System.CommandLine;
using System.Globalization;

namespace Millrace.Cli.Options;

/// <summary>Options that are a whole number of 1 or more.</summary>
internal static class CountOption
{
    public static Option<int?> Create(string name, string description, int most = int.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= 1 && count <= most)
            {
                return count;
            }

            result.AddError($"{name}: expected a whole number from 1 to {most}, found '{text}'");
            return null;
        },
    };
}
