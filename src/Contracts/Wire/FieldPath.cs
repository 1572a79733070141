namespace Millrace.Contracts.Wire;

/// <summary>Where something stands in a body, for messages: it is put into words only where there is one to write.</summary>
/// <param name="Field">The field, or the array of tensors.</param>
/// <param name="Index">The place in that array; null for none.</param>
/// <param name="Name">The tensor's name, once it is known.</param>
/// <param name="Tail">What follows within the tensor.</param>
internal readonly record struct FieldPath(string Field, int? Index = null, string? Name = null, string Tail = "")
{
    public static implicit operator FieldPath(string field) => new(field);

    /// <summary>A field of the object that stands there.</summary>
    /// <param name="field">Its name, with the point in front.</param>
    public FieldPath At(string field) => this with { Tail = field };

    public override string ToString() => $"{Field}{(Index is { } index ? $"[{index}]" : "")}{(Name is null ? "" : $" '{CallerText.Shorten(Name)}'")}{Tail}";
}
