namespace Millrace.Worker.Tests.Architecture.Samples.Known;

internal sealed class KnownException : Exception;

internal interface IKnown;

internal sealed class Counter<T>
{
    public static int Count => 1;
}

internal static class KnownExtensions
{
    public static int Twice(this int number) => number * 2;
}

[AttributeUsage(AttributeTargets.Class)]
internal sealed class KnownAttribute : Attribute;
