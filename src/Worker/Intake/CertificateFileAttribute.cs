using System.ComponentModel.DataAnnotations;
using Millrace.Contracts.Tls;

namespace Millrace.Worker.Intake;

/// <summary>A PEM file with at least one certificate, or nothing.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class CertificateFileAttribute : ValidationAttribute
{
    public override bool IsValid(object? value) => Problem(value) is null;

    /// <summary>What is wrong with the file; null where nothing is.</summary>
    public static string? Problem(object? value) =>
        value is not string { Length: > 0 } path || CertificateAuthorities.TryRead(path, out _, out var problem) ? null : problem;
}
