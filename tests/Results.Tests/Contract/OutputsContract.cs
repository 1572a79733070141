namespace Millrace.Results.Tests.Contract;

/// <summary>Outputs through the store's own JSON, which may write numbers in other ways than they came.</summary>
public abstract class OutputsContract(Func<CancellationToken, Task<TestStore>> create) : StoreContract(create)
{
    [Fact]
    public async Task Every_datatype_comes_back_bit_for_bit_at_its_extremes()
    {
        var row = Rows.Succeeded() with { RowCount = 2, Outputs = Extremes.Tensors };

        await Store.CommitAsync([row], Token);

        Rows.AssertStored(row, await FindOneAsync(row.JobId));
    }

    [Fact]
    public async Task Outputs_keep_their_order_whatever_their_names()
    {
        string[] names = ["zebra", "a", "", "apple", "Z", "a b", "ü", "\"quoted\"", "index", "10", "9"];
        var row = Rows.Succeeded("x") with { Outputs = [.. names.Select(name => Tensor.Create<float>(name, [1], [1f]))] };

        await Store.CommitAsync([row], Token);

        Assert.Equal(names, (await FindOneAsync(row.JobId)).Outputs.Select(output => output.Name));
    }

    [Fact]
    public async Task Shapes_with_and_without_the_row_dimension_come_back()
    {
        var row = Rows.Succeeded() with
        {
            RowCount = 2,
            Outputs =
            [
                Tensor.Create<int>("by_row", [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
                Tensor.Create<int>("one_each", [2], [1, 2]),
                Tensor.Create<int>("none_each", [2, 0], []),
                Tensor.Create<int>("whole", [3, 2], [1, 2, 3, 4, 5, 6]),
                Tensor.Create<int>("scalar", [], [1]),
                Tensor.Create<int>("nothing", [0], []),
                Tensor.Create("texts", [2, 2], ["a", "b", "c", "d"]),
                Tensor.Create("whole_texts", [3], ["a", "", "c"]),
            ],
        };

        await Store.CommitAsync([row], Token);

        Rows.AssertStored(row, await FindOneAsync(row.JobId));
    }

    [Fact]
    public async Task Texts_come_back_with_every_character_that_is_storable()
    {
        var row = Rows.Succeeded("\u0001\u001f\"\\/\b\f\n\r\t\u007f\u0085\u2028\ufeff\uffff", "😀 ünï 漢字", "<script>&'+", "");

        await Store.CommitAsync([row], Token);

        Rows.AssertStored(row, await FindOneAsync(row.JobId));
    }
}
