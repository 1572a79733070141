using System.ComponentModel.DataAnnotations;
using Millrace.Worker.Inference.Sessions;

namespace Millrace.Worker.Inference;

/// <summary>Names of execution providers, separated by commas.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ExecutionProviderListAttribute : ValidationAttribute
{
    public ExecutionProviderListAttribute() => ErrorMessage = $"expected some of {string.Join(", ", ExecutionProviders.Names)}, separated by commas";

    public override bool IsValid(object? value) =>
        value is not string { Length: > 0 } text || Array.TrueForAll(text.Split(','), name => ExecutionProviders.Names.Contains(name, StringComparer.Ordinal));
}
