using System.Buffers;
using System.Text;
using Millrace.Scoring.Cells;

namespace Millrace.Scoring.Tests.Cells;

public sealed class CellParsersTests
{
    [Theory]
    [InlineData(TensorDatatype.Fp32, "1.5", "0000C03F")]
    [InlineData(TensorDatatype.Fp32, " -2e3 ", "0000FAC4")]
    [InlineData(TensorDatatype.Fp32, "NaN", "0000C0FF")]
    [InlineData(TensorDatatype.Fp32, "-Infinity", "000080FF")]
    [InlineData(TensorDatatype.Fp64, "0.5", "000000000000E03F")]
    [InlineData(TensorDatatype.Fp16, "1", "003C")]
    [InlineData(TensorDatatype.Int8, "-128", "80")]
    [InlineData(TensorDatatype.UInt8, "255", "FF")]
    [InlineData(TensorDatatype.Int16, "-2", "FEFF")]
    [InlineData(TensorDatatype.UInt16, "65535", "FFFF")]
    [InlineData(TensorDatatype.Int32, "3.0", "03000000")]
    [InlineData(TensorDatatype.UInt32, "4294967295", "FFFFFFFF")]
    [InlineData(TensorDatatype.Int64, "-9223372036854775808", "0000000000000080")]
    [InlineData(TensorDatatype.UInt64, "18446744073709551615", "FFFFFFFFFFFFFFFF")]
    [InlineData(TensorDatatype.Int64, "1e+05", "A086010000000000")]
    [InlineData(TensorDatatype.Int64, "1E5", "A086010000000000")]
    [InlineData(TensorDatatype.Int64, "1.5e1", "0F00000000000000")]
    [InlineData(TensorDatatype.Int64, "9007199254740993", "0100000000002000")]
    [InlineData(TensorDatatype.Int32, "\u22125", "FBFFFFFF")]
    [InlineData(TensorDatatype.Fp32, "inf", "0000807F")]
    [InlineData(TensorDatatype.Fp32, "+Inf", "0000807F")]
    [InlineData(TensorDatatype.Fp32, "-INF", "000080FF")]
    [InlineData(TensorDatatype.Fp32, "\u22121.5", "0000C0BF")]
    [InlineData(TensorDatatype.Bool, "TRUE", "01")]
    [InlineData(TensorDatatype.Bool, "0", "00")]
    [InlineData(TensorDatatype.Bytes, "né", "030000006EC3A9")]
    [InlineData(TensorDatatype.Bytes, "", "00000000")]
    public void A_cell_becomes_an_element(TensorDatatype datatype, string cell, string expected)
    {
        var target = new ArrayBufferWriter<byte>();

        Assert.True(CellParsers.For(datatype)(Encoding.UTF8.GetBytes(cell), target));

        Assert.Equal(expected, Convert.ToHexString(target.WrittenSpan));
    }

    [Theory]
    [InlineData(TensorDatatype.Fp32, "")]
    [InlineData(TensorDatatype.Fp32, "1,5")]
    [InlineData(TensorDatatype.Fp32, "abc")]
    [InlineData(TensorDatatype.Fp32, "1e39")]
    [InlineData(TensorDatatype.Fp16, "70000")]
    [InlineData(TensorDatatype.Fp64, "1e309")]
    [InlineData(TensorDatatype.Int8, "128")]
    [InlineData(TensorDatatype.UInt8, "-1")]
    [InlineData(TensorDatatype.Int32, "1.5")]
    [InlineData(TensorDatatype.Int64, "3.5")]
    [InlineData(TensorDatatype.Int64, "1e-1")]
    [InlineData(TensorDatatype.Int64, "1e19")]
    [InlineData(TensorDatatype.Int64, "NaN")]
    [InlineData(TensorDatatype.Fp32, "info")]
    [InlineData(TensorDatatype.Fp32, "\u2212")]
    [InlineData(TensorDatatype.Bool, "yes")]
    [InlineData(TensorDatatype.Bool, "")]
    public void A_cell_that_is_no_value_leaves_nothing(TensorDatatype datatype, string cell)
    {
        var target = new ArrayBufferWriter<byte>();

        Assert.False(CellParsers.For(datatype)(Encoding.UTF8.GetBytes(cell), target));

        Assert.Equal(0, target.WrittenCount);
    }

    [Fact]
    public void What_a_cell_must_be_names_the_datatype_and_its_range()
    {
        Assert.Equal("INT8 (a whole number from -128 to 127)", CellParsers.Expected(TensorDatatype.Int8, numbers: null));
        foreach (var datatype in Enum.GetValues<TensorDatatype>())
        {
            Assert.StartsWith(datatype.ToWireName(), CellParsers.Expected(datatype, numbers: null), StringComparison.Ordinal);
        }
    }
}
