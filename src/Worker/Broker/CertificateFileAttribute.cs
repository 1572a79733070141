using System.ComponentModel.DataAnnotations;
using Millrace.Contracts.Tls;
using Millrace.Worker.Configuration;

namespace Millrace.Worker.Broker;

/// <summary>A PEM file with at least one certificate, or nothing.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class CertificateFileAttribute : ValidationAttribute, IExplainedRule
{
    public override bool IsValid(object? value) => Explain(value) is null;

    public string? Explain(object? value) =>
        value is not string { Length: > 0 } path || CertificateAuthorities.TryRead(path, out _, out var problem) ? null : problem;
}
