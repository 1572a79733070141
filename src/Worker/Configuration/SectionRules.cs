using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace Millrace.Worker.Configuration;

/// <summary>Holds a section's options to their data annotations, and tells every fault by its configuration key.</summary>
internal sealed class SectionRules<T>(string section) : IValidateOptions<T>
    where T : class
{
    public ValidateOptionsResult Validate(string? name, T options)
    {
        var faults = new List<string>();
        foreach (var property in typeof(T).GetProperties(BindingFlags.Instance | BindingFlags.Public))
        {
            var value = property.GetValue(options);
            foreach (var rule in property.GetCustomAttributes<ValidationAttribute>())
            {
                if (!rule.IsValid(value))
                {
                    faults.Add($"{section}:{property.Name}: {Describe(rule, value)} (environment: {section}__{property.Name})");
                }
            }
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static string Describe(ValidationAttribute rule, object? value) => rule switch
    {
        IExplainedRule explained => explained.Explain(value)!,
        RangeAttribute range => $"expected {range.Minimum} to {range.Maximum}, found {value}",
        { ErrorMessage: { } message } => message,
        RequiredAttribute => "not set",
        _ => rule.FormatErrorMessage("the value"),
    };
}

/// <summary>A rule of an option whose complaint depends on the value.</summary>
internal interface IExplainedRule
{
    /// <summary>What is wrong with the value; null where nothing is.</summary>
    string? Explain(object? value);
}
