using System.Text.Json.Serialization.Metadata;
using Millrace.Worker.Inference.Models;
using Xunit;

namespace Millrace.Worker.Tests.Inference.Models;

/// <summary>docs/models.md is about what the code reads.</summary>
public sealed class ModelPageTests
{
    [Fact]
    public void Every_key_of_a_model_json_and_of_its_parts_stands_in_the_page()
    {
        var page = Page();

        Assert.All(Keys(ModelJson.Shape), key => Assert.Contains($"`{key}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_key_in_the_pages_tables_is_read()
    {
        var keys = Keys(ModelJson.Shape).ToHashSet(StringComparer.Ordinal);
        var rows = Page().Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('`')[1]).ToList();

        Assert.NotEmpty(rows);
        Assert.All(rows, key => Assert.Contains(key, keys));
    }

    [Fact]
    public void The_pages_example_is_a_model_json()
    {
        var page = Page();
        var start = page.IndexOf("```json\n", StringComparison.Ordinal) + "```json\n".Length;
        var example = page[start..page.IndexOf("```", start, StringComparison.Ordinal)];

        var config = ModelJson.Read(System.Text.Encoding.UTF8.GetBytes(example), problem => Assert.Fail(problem));

        Assert.Equal((64, 4, 3), (config!.MaxBatchSize, config.Columns["input"].Count, config.Labels["probabilities"].Count));
    }

    private static IEnumerable<string> Keys(JsonTypeInfo shape) => shape.Properties.SelectMany(property =>
        Keys(shape.Options.GetTypeInfo(property.PropertyType)).Prepend(property.Name));

    private static string Page()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Worker.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return File.ReadAllText(Path.Combine(folder.FullName, "docs", "models.md"));
    }
}
