using Millrace.Contracts;

namespace Millrace.Results;

/// <summary>The texts of <see cref="Lane"/> in the store.</summary>
internal static class LaneNames
{
    private const string Interactive = "interactive";
    private const string Bulk = "bulk";

    public static string ToStoredName(this Lane lane) => lane switch
    {
        Lane.Interactive => Interactive,
        Lane.Bulk => Bulk,
        _ => throw new ArgumentOutOfRangeException(nameof(lane), lane, "not a lane"),
    };

    public static Lane Parse(string name) => name switch
    {
        Interactive => Lane.Interactive,
        Bulk => Lane.Bulk,
        _ => throw new InvalidDataException($"The store holds the lane '{name}', which this program does not know."),
    };
}
