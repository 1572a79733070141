using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;
using Xunit;

namespace Millrace.Worker.Tests.Inference.Models;

public sealed class ModelRepositoryTests : IDisposable
{
    private const string AllKeys =
        "description, max_batch_size, max_queue_delay, run_timeout, instances, buckets, execution_providers, intra_op_threads, max_elements, require_finite, columns, "
        + "scale, labels, top_k, evaluation";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_model_without_a_model_json_has_the_defaults()
    {
        _folder.Write("a/1/model.onnx", "");

        var model = Assert.Single(Read());

        Assert.Equal("a", model.Name);
        Assert.Equal(["1"], model.Versions);
        Assert.Null(model.Config.MaxBatchSize);
        Assert.Equal(TimeSpan.Zero, model.Config.MaxQueueDelay);
        Assert.Equal(1, model.Config.Instances);
        Assert.Equal(1, model.Config.IntraOpThreads);
        Assert.Empty(model.Config.Buckets);
        Assert.Null(model.Config.ExecutionProviders);
        Assert.False(model.Config.RequireFinite);
        Assert.Equal(1, model.Config.TopK);
    }

    [Fact]
    public void Versions_are_whole_numbers_of_any_length_with_a_graph_in_rising_order()
    {
        _folder.Write("a/10/model.onnx", "").Write("a/9/model.onnx", "").Write("a/20260315093000/model.onnx", "");

        Assert.Equal(["9", "10", "20260315093000"], Assert.Single(Read()).Versions);
    }

    [Fact]
    public void A_folder_that_may_have_been_meant_as_a_version_and_is_not_served_is_said()
    {
        _folder.Write("a/1/model.onnx", "").Write("a/11/notes.txt", "").Write("a/old/model.onnx", "").Write("a/notes/a.txt", "").Write("a/.git/model.onnx", "");

        Assert.Equal(
            ["folder '11' holds no model.onnx", "folder 'old' holds a model.onnx, but its name is no whole number"],
            Assert.Single(Read()).PassedOver);
    }

    [Fact]
    public void Where_no_folder_is_a_version_those_are_named_that_may_have_been_meant()
    {
        _folder.Write("a/v1/model.onnx", "");

        Assert.Equal(
            [$"model 'a': no VERSION/model.onnx in '{Path.Combine(_folder.Path, "a")}' (a version is a whole number); folder 'v1' holds a model.onnx, but its name is no whole number"],
            Errors());
    }

    [Theory]
    [InlineData("007", "7")]
    [InlineData("01", "1")]
    [InlineData("00", "0")]
    public void A_version_with_leading_zeros_is_an_error(string folder, string expected)
    {
        _folder.Write("a/1/model.onnx", "").Write($"a/{folder}/model.onnx", "");

        Assert.Equal([$"model 'a': version folder '{folder}' has leading zeros; expected '{expected}' (rename it)"], Errors());
    }

    [Fact]
    public void A_model_json_may_begin_with_a_byte_order_mark()
    {
        _folder.Write("a/1/model.onnx", "").Write("a/model.json", [0xEF, 0xBB, 0xBF, .. """{"top_k": 1, "max_batch_size": 8}"""u8]);

        Assert.Equal(8, Assert.Single(Read()).Config.MaxBatchSize);
    }

    [Fact]
    public void A_model_json_that_is_too_large_is_not_read()
    {
        _folder.Write("a/1/model.onnx", "");
        using (var file = File.Create(Path.Combine(_folder.Path, "a", "model.json")))
        {
            file.SetLength(1L << 40);
        }

        Assert.EndsWith($"model.json has {1L << 40} bytes, expected at most {16 << 20}", Assert.Single(Errors()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.json")]
    [InlineData("/dev/zero")]
    [InlineData("/nowhere/at/all")]
    [InlineData("1")]
    public void A_model_json_that_is_no_file_that_can_be_read_is_an_error(string target)
    {
        _folder.Write("a/1/model.onnx", "");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "a", "model.json"), target);

        Assert.StartsWith(
            $"model 'a': {Path.Combine(_folder.Path, "a", "model.json")}: cannot be read: ", Assert.Single(Errors()), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_key_of_a_model_json_is_read()
    {
        _folder.Write("a/1/model.onnx", "").Write("a/model.json", """
            {
              // Comments and a trailing comma are allowed.
              "description": "d", "max_batch_size": 32, "max_queue_delay": "1.5ms", "run_timeout": "30s", "instances": 2, "buckets": [1, 8, 32],
              "execution_providers": ["cuda", "cpu"], "intra_op_threads": 4, "max_elements": 1000, "require_finite": true,
              "columns": { "x": ["p_0..p_63"] }, "scale": { "x": 0.0625 }, "labels": { "y": ["a", "b"] }, "top_k": 2,
              "evaluation": { "file": "f.csv", "sha256": "00", "label_column": "l", "held_out": { "every": 5, "first": 2 } },
            }
            """);

        var config = Assert.Single(Read()).Config;

        Assert.Equal("d", config.Description);
        Assert.Equal(32, config.MaxBatchSize);
        Assert.Equal(TimeSpan.FromMicroseconds(1500), config.MaxQueueDelay);
        Assert.Equal(TimeSpan.FromSeconds(30), config.RunTimeout);
        Assert.Equal(2, config.Instances);
        Assert.Equal([1, 8, 32], config.Buckets);
        Assert.Equal(["cuda", "cpu"], config.ExecutionProviders);
        Assert.Equal(4, config.IntraOpThreads);
        Assert.Equal(1000, config.MaxElements);
        Assert.True(config.RequireFinite);
        Assert.Equal(["p_0..p_63"], config.Columns["x"]);
        Assert.Equal(0.0625, config.Scale["x"]);
        Assert.Equal(["a", "b"], config.Labels["y"]);
        Assert.Equal(2, config.TopK);
        Assert.Equal(new EvaluationConfig { File = "f.csv", Sha256 = "00", LabelColumn = "l", HeldOut = new HeldOutConfig { Every = 5, First = 2 } }, config.Evaluation);
    }

    [Fact]
    public void What_is_a_columns_name_and_what_a_range_is_left_to_a_files_header()
    {
        _folder.Write("a/1/model.onnx", "").Write("a/model.json", """{ "columns": { "x": ["Income..USD.", "Age...2", "p_3..p_1", ".."] } }""");

        Assert.Equal(["Income..USD.", "Age...2", "p_3..p_1", ".."], Assert.Single(Read()).Config.Columns["x"]);
        Assert.Empty(Errors());
    }

    [Fact]
    public void All_errors_of_all_models_are_told_at_once()
    {
        _folder
            .Write("a/1/model.onnx", "").Write("a/model.json", """
                {
                  "max_batch_size": 0, "instances": 0, "intra_op_threads": 0, "max_elements": 0, "top_k": 0, "buckets": [4, 2],
                  "execution_providers": ["cpu", "gpu"], "columns": { "x": [null] },
                  "evaluation": { "file": "f", "sha256": "0", "held_out": { "every": 0, "first": 1 } }
                }
                """)
            .Write("b/1/model.onnx", "").Write("b/model.json", """{ "max_batch": 8 }""")
            .Write("c/notes.txt", "")
            .Write("d.bulk/1/model.onnx", "")
            .Write(".hidden/notes.txt", "");

        string At(string problem) => $"model 'a': {Path.Combine(_folder.Path, "a", "model.json")}: {problem}";
        Assert.Equal(
            [
                At("max_batch_size: expected 1 to 65536 rows, found 0"),
                At("instances: expected 1 to 256, found 0"),
                At("intra_op_threads: expected 1 to 1024, found 0"),
                At("max_elements: expected 1 or more, found 0"),
                At("top_k: expected 1 or more, found 0"),
                At("buckets: expected rising numbers of 1 to 65536 rows, found [4, 2]"),
                At("execution_providers: expected some of tensorrt, cuda, webgpu, cpu, found 'gpu'"),
                At("columns.x: expected an array of names, found null"),
                At("evaluation.held_out: expected every and first of 1 or more, found 0 and 1"),
                $"model 'b': {Path.Combine(_folder.Path, "b", "model.json")}: max_batch: there is no such key. The keys here are {AllKeys}",
                $"model 'c': no VERSION/model.onnx in '{Path.Combine(_folder.Path, "c")}' (a version is a whole number)",
                "model 'd.bulk': not a model's name; expected 1 to 100 of A-Z a-z 0-9 . _ -, not 'dead', not ending in '.bulk'",
            ],
            Errors());
    }

    [Theory]
    [InlineData("""{"max_batchsize": 8}""", "max_batchsize: there is no such key; did you mean 'max_batch_size'? The keys here are {0}")]
    [InlineData("""{"colour": 8}""", "colour: there is no such key. The keys here are {0}")]
    [InlineData("""{"evaluation": {"file": "f", "sha": "0", "held_out": {"every": 5, "first": 2}}}""",
        "evaluation.sha: there is no such key. The keys here are file, sha256, label_column, held_out|evaluation: sha256 is missing")]
    [InlineData("""{"evaluation": {"file": "f"}}""", "evaluation: sha256 and held_out are missing")]
    [InlineData("""{"evaluation": {"file": "f", "sha256": "0", "held_out": {"every": "5", "first": 2, "frist": 1}}}""",
        "evaluation.held_out.every: expected a whole number, found \"5\"|evaluation.held_out.frist: there is no such key; did you mean 'first'? The keys here are every, first")]
    [InlineData("""{"max_batch_size": "8", "instances": 1.5, "max_elements": true}""",
        "max_batch_size: expected a whole number, found \"8\"|instances: expected a whole number, found 1.5|max_elements: expected a whole number, found true")]
    [InlineData("""{"instances": null, "buckets": null, "labels": null}""",
        "instances: expected a whole number, found null|buckets: expected an array, found null|labels: expected an object, found null")]
    [InlineData("""{"instances": 3000000000}""", "instances: expected a whole number, found 3000000000")]
    [InlineData("""{"require_finite": "yes"}""", "require_finite: expected true or false, found \"yes\"")]
    [InlineData("""{"description": 5}""", "description: expected a string, found 5")]
    [InlineData("""{"columns": ["a"]}""", "columns: expected an object, found an array")]
    [InlineData("""{"columns": {"x": "a"}}""", "columns.x: expected an array, found \"a\"")]
    [InlineData("""{"columns": {"x": [5]}}""", "columns.x: expected a string, found 5")]
    [InlineData("""{"scale": {"x": "0.5", "y": null}}""", "scale.x: expected a number, found \"0.5\"|scale.y: expected a number, found null")]
    [InlineData("""{"top_k": 1, "top_k": 2}""", "top_k: is there twice; leave one of them out")]
    [InlineData("""{"labels": {"y": ["a"], "y": ["b"]}}""", "labels.y: is there twice; leave one of them out")]
    [InlineData("\uFEFF\n", "empty, expected an object such as {}")]
    [InlineData("[]", "expected an object, found an array")]
    [InlineData("null", "expected an object, found null")]
    public void What_a_model_json_cannot_say_is_told_by_its_keys(string json, string told)
    {
        _folder.Write("a/1/model.onnx", "").Write("a/model.json", json);

        var file = Path.Combine(_folder.Path, "a", "model.json");
        Assert.Equal(told.Replace("{0}", AllKeys, StringComparison.Ordinal).Split('|').Select(problem => $"model 'a': {file}: {problem}"), Errors());
    }

    [Theory]
    [InlineData("{", "line 1, byte 2")]
    [InlineData("{\n  \"top_k\": 1\n  \"instances\": 1}", "line 3, byte 3")]
    public void What_is_no_JSON_is_told_with_its_place(string text, string place)
    {
        _folder.Write("a/1/model.onnx", "").Write("a/model.json", text);

        Assert.StartsWith($"model 'a': {Path.Combine(_folder.Path, "a", "model.json")}: not readable as JSON at {place}: ", Assert.Single(Errors()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"max_queue_delay": "5"}""", "max_queue_delay: expected a duration of at most 1 h such as \"0ms\", \"250us\", \"5ms\" or \"1s\"")]
    [InlineData("""{"max_queue_delay": 5}""", "max_queue_delay: expected a duration of at most 1 h such as \"0ms\", \"250us\", \"5ms\" or \"1s\"")]
    [InlineData("""{"max_queue_delay": "-1ms"}""", "max_queue_delay: expected a duration of at most 1 h such as \"0ms\", \"250us\", \"5ms\" or \"1s\"")]
    [InlineData("""{"max_queue_delay": "NaNs"}""", "max_queue_delay: expected a duration of at most 1 h such as \"0ms\", \"250us\", \"5ms\" or \"1s\"")]
    [InlineData("""{"max_queue_delay": "3601s"}""", "max_queue_delay: expected a duration of at most 1 h such as \"0ms\", \"250us\", \"5ms\" or \"1s\"")]
    [InlineData("""{"run_timeout": "0ms"}""", "run_timeout: expected 1ms or more, found 0us")]
    [InlineData("""{"labels": {"y": null}}""", "labels.y: expected an array of names, found null")]
    [InlineData("""{"labels": {"y": ["a", null]}}""", "labels.y: expected an array of names, found null")]
    [InlineData("""{"columns": {"x": null}}""", "columns.x: expected an array of names, found null")]
    [InlineData("""{"columns": {"x": [null]}}""", "columns.x: expected an array of names, found null")]
    [InlineData("""{"execution_providers": [null]}""", "execution_providers: expected some of tensorrt, cuda, webgpu, cpu, found ''")]
    [InlineData("""{"scale": {"x": 1e999}}""", "scale.x: ")]
    [InlineData("""{"buckets": [70000]}""", "buckets: ")]
    [InlineData("""{"buckets": [0, 4]}""", "buckets: expected rising numbers of 1 to 65536 rows, found [0, 4]")]
    [InlineData("""{"buckets": [4, 4]}""", "buckets: expected rising numbers of 1 to 65536 rows, found [4, 4]")]
    [InlineData("""{"buckets": [4, 8], "max_batch_size": 16}""", "buckets: the largest must be max_batch_size (16), found 8")]
    [InlineData("""{"execution_providers": []}""", "execution_providers: ")]
    public void An_error_names_the_file_and_the_key(string json, string key)
    {
        _folder.Write("a/1/model.onnx", "").Write("a/model.json", json);

        var error = Assert.Single(Errors());

        Assert.StartsWith($"model 'a': {Path.Combine(_folder.Path, "a", "model.json")}: ", error, StringComparison.Ordinal);
        Assert.Contains(key, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0ms", 0)]
    [InlineData("250us", 2_500)]
    [InlineData("5ms", 50_000)]
    [InlineData("1.5s", 15_000_000)]
    [InlineData("3600s", 36_000_000_000)]
    public void A_duration_has_its_unit(string text, long ticks)
    {
        _folder.Write("a/1/model.onnx", "").Write("a/model.json", $$"""{"max_queue_delay": "{{text}}"}""");

        Assert.Equal(TimeSpan.FromTicks(ticks), Assert.Single(Read()).Config.MaxQueueDelay);
    }

    [Fact]
    public void Only_the_models_asked_for_are_read()
    {
        _folder.Write("a/1/model.onnx", "").Write("b/1/model.onnx", "").Write("c/notes.txt", "");

        Assert.Equal(["b"], Read("b").Select(model => model.Name));
    }

    [Fact]
    public void A_file_that_lies_in_the_repository_itself_is_told_where_it_belongs()
    {
        _folder.Write("iris.onnx", "");
        string At(string path) => Path.Combine(_folder.Path, path);
        var move = $"mkdir -p '{At("iris/1")}' && mv '{At("iris.onnx")}' '{At("iris/1/model.onnx")}' (and files of its weights beside it, under their own names)";

        Assert.Equal(
            [$"Models:Directory: '{_folder.Path}' holds no model; expected NAME/VERSION/model.onnx, such as iris/1/model.onnx; found 'iris.onnx' there: {move}"], Errors());
        Assert.Equal([$"model 'iris': no such folder in '{_folder.Path}'; found 'iris.onnx' there: {move}"], Errors("iris"));
    }

    [Theory]
    [InlineData("iris", "model.onnx")]
    [InlineData("iris", "iris.onnx")]
    [InlineData("iris.onnx", "model.onnx")]
    public void A_file_without_a_folder_for_its_version_is_told_where_it_belongs(string model, string file)
    {
        _folder.Write($"{model}/{file}", "");
        string At(string path) => Path.Combine(_folder.Path, model, path);

        Assert.Equal(
            [
                $"model '{model}': no VERSION/model.onnx in '{Path.Combine(_folder.Path, model)}' (a version is a whole number); found '{file}' in the model's own folder, "
                + $"and it belongs in one of its version: mkdir -p '{At("1")}' && mv '{At(file)}' '{At("1/model.onnx")}' (and files of its weights beside it, under their own names)",
            ],
            Errors());
    }

    [Theory]
    [InlineData("x/iris/1/model.onnx", "x/iris", "it is the folder of model 'iris'")]
    [InlineData("x/iris/1/model.onnx", "x/iris/1", "it is the folder of version 1 of model 'iris'")]
    [InlineData("x/iris/1/model.onnx", "", "the models lie in 'X'")]
    public void A_folder_above_or_below_the_repository_is_told_where_that_is(string file, string directory, string what)
    {
        _folder.Write(file, "");
        var (wrong, right) = (Path.Combine(_folder.Path, directory), Path.Combine(_folder.Path, "x"));
        foreach (var names in new string[][] { [], ["iris"], ["1"] })
        {
            var errors = new List<string>();

            Assert.Empty(ModelRepository.Read(wrong, names, ExecutionProviders.Names, errors));

            Assert.Equal(
                [$"Models:Directory: '{wrong}' holds no model; expected NAME/VERSION/model.onnx, such as iris/1/model.onnx; {what.Replace("X", right, StringComparison.Ordinal)}: --models {right} (of a worker: Models:Directory)"],
                errors);
        }
    }

    [Fact]
    public void The_folder_is_told_as_it_was_typed()
    {
        _folder.Write("iris/1/model.onnx", "");
        var typed = Path.GetRelativePath(Environment.CurrentDirectory, _folder.Path);

        Assert.Contains($": --models {typed} (", ModelLayout.Misplaced($"{typed}/iris/"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_is_asked_for_and_not_there_is_an_error()
    {
        _folder.Write("a/1/model.onnx", "");

        Assert.Equal([$"model 'z': no such folder in '{_folder.Path}'"], Errors("z"));
    }

    [Fact]
    public void A_repository_that_is_empty_or_missing_is_an_error()
    {
        Assert.Equal([$"Models:Directory: '{_folder.Path}' holds no model; expected NAME/VERSION/model.onnx, such as iris/1/model.onnx"], Errors());

        var errors = new List<string>();
        ModelRepository.Read(Path.Combine(_folder.Path, "none"), [], ExecutionProviders.Names, errors);
        Assert.Equal([$"Models:Directory: the folder '{Path.Combine(_folder.Path, "none")}' does not exist"], errors);
    }

    private IReadOnlyList<ModelFolder> Read(params string[] names)
    {
        var errors = new List<string>();
        var models = ModelRepository.Read(_folder.Path, names, ExecutionProviders.Names, errors);
        Assert.Empty(errors);
        return models;
    }

    private List<string> Errors(params string[] names)
    {
        var errors = new List<string>();
        ModelRepository.Read(_folder.Path, names, ExecutionProviders.Names, errors);
        return errors;
    }
}
