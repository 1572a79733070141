using System.Buffers;
using System.Text;
using CsvHelper;
using Millrace.Scoring.Cells;

namespace Millrace.Scoring.Sources;

/// <summary>A row's text for the scored file: as it stands, unless what is put behind it would then be read as something else.</summary>
internal static class RowText
{
    /// <summary>The text of a row's first fields.</summary>
    /// <param name="row">The row.</param>
    /// <param name="fields">How many of its fields count.</param>
    /// <param name="source">The file.</param>
    public static ReadOnlySpan<byte> Of(CsvReader row, int fields, CsvSource source)
    {
        var text = row.RawRecord;
        var isPlain = fields == row.FieldCount
            && (!source.HasOneColumn || text.IndexOf(source.Separator) < 0 || text[0] == '"')
            && (source.Dialect.HasQuotes || text.IndexOf((byte)'"') < 0);
        return isPlain ? text : Written(row, fields, fields, source.Separator);
    }

    /// <summary>A broken row's whole text, to be shown in the column of errors.</summary>
    public static string Whole(CsvReader row, CsvSource source)
    {
        var text = Readable(row.RawRecord, source);
        return (System.Text.Unicode.Utf8.IsValid(text) ? Encoding.UTF8 : Encoding.Latin1).GetString(text);
    }

    /// <summary>A text in which U+FFFD, as everywhere, stands for what was no text in the file's encoding.</summary>
    public static ReadOnlySpan<byte> Readable(ReadOnlySpan<byte> text, CsvSource source) => source.IsTranscoded && text.IndexOf(TextStream.NoText) >= 0
        ? Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text).Replace(TextStream.NoTextMark, '\uFFFD'))
        : text;

    /// <summary>Fields written anew.</summary>
    /// <param name="row">The row.</param>
    /// <param name="known">How many of its fields are written; the others are left empty.</param>
    /// <param name="fields">How many fields there are to be.</param>
    /// <param name="separator">What stands between them.</param>
    public static ReadOnlySpan<byte> Written(CsvReader row, int known, int fields, byte separator)
    {
        var text = new ArrayBufferWriter<byte>();
        for (var i = 0; i < fields; i++)
        {
            if (i > 0)
            {
                text.Write([separator]);
            }

            if (i < known)
            {
                CsvText.AppendField(text, row.GetSpan(i), separator);
            }
        }

        return text.WrittenSpan;
    }
}
