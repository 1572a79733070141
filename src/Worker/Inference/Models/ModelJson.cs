using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Worker.Inference.Models;

/// <summary>
/// Reads a <c>model.json</c>. What does not fit <see cref="ModelConfig"/> is told before the library finds it, all at once and in words that
/// say nothing of .NET.
/// </summary>
internal sealed class ModelJson(Action<string> problem)
{
    private const int ExcerptLength = 40;

    private static readonly JsonSerializerOptions s_json = new()
    {
        AllowDuplicateProperties = false,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    /// <summary>What the file is read as.</summary>
    public static JsonTypeInfo Shape { get; } = s_json.GetTypeInfo(typeof(ModelConfig));

    /// <summary>Reads one.</summary>
    /// <param name="text">The file.</param>
    /// <param name="problem">Is told what is wrong: the key, what was found, what was expected.</param>
    /// <returns>Null where something is wrong.</returns>
    public static ModelConfig? Read(ReadOnlyMemory<byte> text, Action<string> problem)
    {
        text = JsonText.WithoutMark(text);
        if (text.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            problem("empty, expected an object such as {}");
            return null;
        }

        var problems = 0;
        try
        {
            using var document = JsonDocument.Parse(
                text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            new ModelJson(found =>
            {
                problems++;
                problem(found);
            }).Check(document.RootElement, Shape, "");
            return problems == 0 ? document.RootElement.Deserialize<ModelConfig>(s_json) : null;
        }
        catch (JsonException fault)
        {
            problem(Explain(fault));
            return null;
        }
    }

    private void Check(JsonElement value, JsonTypeInfo shape, string at)
    {
        var type = Nullable.GetUnderlyingType(shape.Type) ?? shape.Type;
        switch (shape.Kind)
        {
            case JsonTypeInfoKind.Object when Is(value, JsonValueKind.Object, "an object", at):
                CheckKeys(value, shape, at);
                break;
            case JsonTypeInfoKind.Dictionary when Is(value, JsonValueKind.Object, "an object", at):
                CheckEach(value, s_json.GetTypeInfo(shape.ElementType!), at);
                break;
            case JsonTypeInfoKind.Enumerable when Is(value, JsonValueKind.Array, "an array", at):
                foreach (var element in value.EnumerateArray())
                {
                    CheckUnlessNull(element, s_json.GetTypeInfo(shape.ElementType!), at);
                }

                break;
            case JsonTypeInfoKind.None when type == typeof(string):
                Is(value, JsonValueKind.String, "a string", at);
                break;
            case JsonTypeInfoKind.None when type == typeof(bool) && value.ValueKind is not (JsonValueKind.True or JsonValueKind.False):
                Tell(at, "true or false", value);
                break;
            case JsonTypeInfoKind.None when type == typeof(int) && !(value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _)):
            case JsonTypeInfoKind.None when type == typeof(long) && !(value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _)):
                Tell(at, "a whole number", value);
                break;
            case JsonTypeInfoKind.None when type == typeof(double):
                Is(value, JsonValueKind.Number, "a number", at);
                break;
        }
    }

    private void CheckKeys(JsonElement value, JsonTypeInfo shape, string at)
    {
        var keys = shape.Properties.ToDictionary(property => property.Name, StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in value.EnumerateObject())
        {
            var key = Below(at, field.Name);
            if (!seen.Add(field.Name))
            {
                problem($"{key}: is there twice; leave one of them out");
            }
            else if (!keys.TryGetValue(field.Name, out var property))
            {
                problem($"{key}: {NearNames.NoSuch("key", field.Name, keys.Keys)} The keys here are {string.Join(", ", keys.Keys)}");
            }
            else if (field.Value.ValueKind == JsonValueKind.Null ? !MayBeNull(property) : property.CustomConverter is null)
            {
                Check(field.Value, s_json.GetTypeInfo(property.PropertyType), key);
            }
        }

        var missing = shape.Properties.Where(property => property.IsRequired && !seen.Contains(property.Name)).Select(property => property.Name).ToList();
        if (missing.Count > 0)
        {
            problem($"{at}: {string.Join(" and ", missing)} {(missing.Count == 1 ? "is" : "are")} missing");
        }
    }

    private void CheckEach(JsonElement value, JsonTypeInfo shape, string at)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in value.EnumerateObject())
        {
            if (!seen.Add(field.Name))
            {
                problem($"{Below(at, field.Name)}: is there twice; leave one of them out");
            }

            CheckUnlessNull(field.Value, shape, Below(at, field.Name));
        }
    }

    /// <summary>Nulls in lists are the rules' to find (<see cref="ModelConfigRules"/>): JSON can say null where the type says there is none.</summary>
    private void CheckUnlessNull(JsonElement value, JsonTypeInfo shape, string at)
    {
        if (value.ValueKind != JsonValueKind.Null || shape.Type.IsValueType)
        {
            Check(value, shape, at);
        }
    }

    private bool Is(JsonElement value, JsonValueKind kind, string expected, string at)
    {
        if (value.ValueKind == kind)
        {
            return true;
        }

        Tell(at, expected, value);
        return false;
    }

    private void Tell(string at, string expected, JsonElement found) => problem($"{(at.Length == 0 ? "" : $"{at}: ")}expected {expected}, found {Excerpt(found)}");

    private static bool MayBeNull(JsonPropertyInfo property) =>
        property.PropertyType.IsValueType ? Nullable.GetUnderlyingType(property.PropertyType) is not null : property.IsSetNullable;

    private static string Below(string at, string name)
    {
        var key = CallerText.Shorten(name);
        return at.Length == 0 ? key : $"{at}.{key}";
    }

    private static string Excerpt(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        _ => CallerText.Shorten(value.GetRawText(), ExcerptLength),
    };

    /// <summary>A key, then what is wrong with it; the library puts the key behind its sentence, or leaves it to the exception's path.</summary>
    private static string Explain(JsonException fault)
    {
        if (fault.Path is { Length: > 2 } path)
        {
            var end = fault.Message.IndexOf(" Path: ", StringComparison.Ordinal);
            return $"{path[2..]}: {(end < 0 ? fault.Message : fault.Message[..end])}";
        }

        var position = fault.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"not readable as JSON at line {(fault.LineNumber ?? 0) + 1}, byte {(fault.BytePositionInLine ?? 0) + 1}: {(position < 0 ? fault.Message : fault.Message[..position])}");
    }
}
