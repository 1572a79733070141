using System.CommandLine;

namespace Millrace.Cli.Options;

/// <summary>Options that are a UUID.</summary>
internal static class IdOption
{
    public static Option<Guid?> Create(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "ID",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (Guid.TryParseExact(text, "D", out var id))
            {
                return id;
            }

            result.AddError($"{name}: expected a UUID such as 0192f0c1-7a3b-7c4d-8e5f-0123456789ab, found '{text}'");
            return null;
        },
    };
}
