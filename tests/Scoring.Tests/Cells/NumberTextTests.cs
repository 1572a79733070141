using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Millrace.Scoring.Cells;

namespace Millrace.Scoring.Tests.Cells;

public sealed class NumberTextTests
{
    [Theory]
    [InlineData(",", ".", "1.234,50", 1234.5)]
    [InlineData(",", ".", "1.234", 1234)]
    [InlineData(",", ".", "-12.345.678,9", -12345678.9)]
    [InlineData(",", ".", "5,5", 5.5)]
    [InlineData(",", ".", ",5", 0.5)]
    [InlineData(",", ".", "1,5e3", 1500)]
    [InlineData(",", ".", "NaN", double.NaN)]
    [InlineData(",", null, "1234,5", 1234.5)]
    [InlineData(null, ",", "1,234.50", 1234.5)]
    [InlineData(null, ",", "100,000", 100000)]
    [InlineData(null, ",", "12,34,567.5", 1234567.5)]
    [InlineData(",", " ", "1\u202F234\u202F567,5", 1234567.5)]
    [InlineData(",", " ", "1\u00A0234,5", 1234.5)]
    [InlineData(",", " ", "\u22121 234,5", -1234.5)]
    [InlineData(null, "'", "1\u2019234.5", 1234.5)]
    [InlineData(null, "'", "1'234.5", 1234.5)]
    public void Numbers_are_read_by_their_own_marks(string? decimalMark, string? thousands, string cell, double expected) =>
        Assert.Equal(expected, Read(decimalMark, thousands, cell));

    [Theory]
    [InlineData(",", ".", "1.5")]
    [InlineData(",", ".", "0.123")]
    [InlineData(",", ".", "1.2345")]
    [InlineData(",", ".", "1234.567")]
    [InlineData(",", ".", "1,234.5")]
    [InlineData(",", ".", "1.234,5.6")]
    [InlineData(",", ".", "1..234")]
    [InlineData(",", ".", ".234")]
    [InlineData(",", ".", "1.")]
    [InlineData(",", ".", "1.23.4567")]
    [InlineData(",", null, "1.5")]
    [InlineData(",", null, "1,5,5")]
    [InlineData(null, ",", "1,5")]
    [InlineData(null, ",", "1.234,5")]
    [InlineData(",", ".", "")]
    public void What_the_marks_make_no_sense_of_is_no_number(string? decimalMark, string? thousands, string cell) =>
        Assert.Null(Read(decimalMark, thousands, cell));

    [Fact]
    public void A_whole_number_may_have_marks_too()
    {
        var target = new ArrayBufferWriter<byte>();
        var numbers = NumberText.Of(new CsvDialect { Decimal = ',', Thousands = '.' });

        Assert.True(CellParsers.For(TensorDatatype.Int64, numbers)("1.000"u8, target));

        Assert.Equal(1000, MemoryMarshal.Read<long>(target.WrittenSpan));
    }

    [Fact]
    public void The_plain_form_costs_no_further_step() => Assert.Null(NumberText.Of(new CsvDialect { Decimal = '.' }));

    [Theory]
    [InlineData("1", "None")]
    [InlineData("abc", "None")]
    [InlineData("1,2,3,x", "None")]
    [InlineData("", "None")]
    [InlineData("2026-11-27", "None")]
    [InlineData("0.5", "DecimalPoint")]
    [InlineData("-1234.567", "DecimalPoint")]
    [InlineData("0.123", "DecimalPoint")]
    [InlineData("1.5e-3", "DecimalPoint")]
    [InlineData("1.234E+05", "DecimalPoint")]
    [InlineData("1,234E+05", "DecimalComma")]
    [InlineData("1,23e5", "DecimalComma")]
    [InlineData("1e5", "None")]
    [InlineData("1,5e", "None")]
    [InlineData("e,5", "None")]
    [InlineData("1.234", "Point")]
    [InlineData("-1.234", "Point")]
    [InlineData("1.234.567", "ThousandsPoint")]
    [InlineData("5,5", "DecimalComma")]
    [InlineData("0,123", "DecimalComma")]
    [InlineData("1234,567", "DecimalComma")]
    [InlineData("1.234,5", "DecimalCommaThousandsPoint")]
    [InlineData("1\u202F234,5", "DecimalCommaThousandsSpace")]
    [InlineData("1'234,5", "DecimalCommaThousandsApostrophe")]
    [InlineData("1,234", "Comma")]
    [InlineData("1,234.5", "ThousandsComma")]
    [InlineData("1,234,567", "ThousandsComma")]
    [InlineData("12,34,567", "ThousandsComma")]
    [InlineData("1 234", "ThousandsSpace")]
    [InlineData("1\u2019234.5", "ThousandsApostrophe")]
    public void A_cell_shows_its_marks(string cell, string marks) =>
        Assert.Equal(marks, NumberShape.Of(Encoding.UTF8.GetBytes(cell)).ToString());

    private static double? Read(string? decimalMark, string? thousands, string cell)
    {
        var numbers = NumberText.Of(new CsvDialect { Decimal = decimalMark?[0], Thousands = thousands?[0] });
        var target = new ArrayBufferWriter<byte>();
        return CellParsers.For(TensorDatatype.Fp64, numbers)(Encoding.UTF8.GetBytes(cell), target)
            ? MemoryMarshal.Read<double>(target.WrittenSpan)
            : null;
    }
}
