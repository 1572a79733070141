using System.CommandLine;

namespace Millrace.Cli.Options;

/// <summary>An option whose description names its default in a person's words. A default that the library knew of it would add in its own.</summary>
/// <param name="name">The option's name.</param>
/// <param name="unlessGiven">The default.</param>
internal sealed class DefaultedOption<T>(string name, T unlessGiven) : Option<T?>(name)
    where T : struct
{
    /// <summary>What was given, or the default.</summary>
    public T Of(ParseResult arguments) => arguments.GetValue(this) ?? unlessGiven;
}
