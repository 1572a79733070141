namespace Millrace.Worker.Configuration;

/// <summary>A rule of an option whose complaint depends on the value.</summary>
internal interface IExplainedRule
{
    /// <summary>What is wrong with the value; null where nothing is.</summary>
    string? Explain(object? value);
}
