using System.ComponentModel.DataAnnotations;

namespace Millrace.Worker.Broker;

/// <summary>An absolute address with the scheme <c>amqp</c> or <c>amqps</c>. The text itself is never told: it may hold a password.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class AmqpUriAttribute : ValidationAttribute
{
    public AmqpUriAttribute() => ErrorMessage = "not an AMQP address, expected amqp://user:password@host:port/vhost or amqps";

    public override bool IsValid(object? value) =>
        value is null || (Uri.TryCreate(value as string, UriKind.Absolute, out var uri) && uri is { Scheme: "amqp" or "amqps", Host.Length: > 0 });
}
