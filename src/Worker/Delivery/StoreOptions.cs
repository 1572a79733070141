using System.ComponentModel.DataAnnotations;

namespace Millrace.Worker.Delivery;

/// <summary>Section <c>Store</c>: where results are kept.</summary>
public sealed class StoreOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Store";

    /// <summary>Npgsql's connection string of a Postgres; without one, <see cref="Path"/> is used.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>The SQLite file of the embedded store.</summary>
    /// <value>Default: <c>.millrace/results.db</c>, in the current folder.</value>
    [Required]
    public string Path { get; set; } = System.IO.Path.Combine(".millrace", "results.db");
}
