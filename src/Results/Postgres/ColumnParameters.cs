using Npgsql;
using NpgsqlTypes;

namespace Millrace.Results.Postgres;

/// <summary>Columns of many rows as a statement's parameters.</summary>
internal static class ColumnParameters
{
    /// <summary>Adds an array with the column's values, one for each row.</summary>
    public static void AddColumn<T>(this NpgsqlParameterCollection parameters, NpgsqlDbType elementType, T[] values) =>
        parameters.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | elementType });
}
