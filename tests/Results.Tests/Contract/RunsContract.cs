namespace Millrace.Results.Tests.Contract;

public abstract class RunsContract(Func<CancellationToken, Task<TestStore>> create) : StoreContract(create)
{
    private static readonly RunOrigin s_origin = new()
    {
        RunId = Guid.Parse("0192f0c1-7a3b-7c4d-8e5f-0123456789ab"),
        ModelName = "iris",
        ModelVersion = "2",
        Details = new Dictionary<string, string>(StringComparer.Ordinal) { ["file"] = "a \"b\" ü.csv", ["columns"] = "X [2] <- a, b" },
    };

    private IRunStore Runs => (IRunStore)Store;

    [Fact]
    public async Task Nothing_is_kept_of_a_run_that_was_never_begun() =>
        Assert.Null(await Runs.FindRunAsync(Guid.NewGuid(), Token));

    [Fact]
    public async Task What_a_run_was_begun_with_is_kept_and_a_second_begin_is_told_it()
    {
        Assert.Same(s_origin, await Runs.BeginRunAsync(s_origin, Token));

        var second = await Runs.BeginRunAsync(s_origin with { ModelVersion = "3", Details = new Dictionary<string, string>(StringComparer.Ordinal) }, Token);

        AssertIsOrigin(second);
        AssertIsOrigin(await Runs.FindRunAsync(s_origin.RunId, Token));
    }

    [Fact]
    public async Task Sql_says_what_a_run_was_begun_with()
    {
        await Runs.BeginRunAsync(s_origin, Token);

        var row = Assert.Single(await TestStore.SelectAsync($"SELECT model_version, details->>'columns' FROM {TestStore.Schema}run_origins", Token));

        Assert.Equal(("2", "X [2] <- a, b"), (row[0], row[1]));
    }

    private static void AssertIsOrigin(RunOrigin? found)
    {
        Assert.Equal((s_origin.RunId, s_origin.ModelName, s_origin.ModelVersion), (found!.RunId, found.ModelName, found.ModelVersion));
        Assert.Equal(s_origin.Details.OrderBy(detail => detail.Key), found.Details.OrderBy(detail => detail.Key));
    }
}
