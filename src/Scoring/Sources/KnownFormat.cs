namespace Millrace.Scoring.Sources;

/// <summary>Tells by its first bytes that a file is no CSV but another format that people keep tables in.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Advice">What to do, with FILE for the file's name.</param>
internal sealed record KnownFormat(string Name, string Advice)
{
    private const string ToCsv = "write it as CSV first";

    private static readonly (byte[] Magic, KnownFormat Format)[] s_formats =
    [
        ([0x1F, 0x8B], new("compressed by gzip", Piped("gunzip -c"))),
        ([0x28, 0xB5, 0x2F, 0xFD], new("compressed by zstd", Piped("zstd -dc"))),
        ([0xFD, .. "7zXZ\0"u8], new("compressed by xz", Piped("xz -dc"))),
        ([.. "BZh"u8], new("compressed by bzip2", Piped("bzip2 -dc"))),
        ([0x04, 0x22, 0x4D, 0x18], new("compressed by lz4", Piped("lz4 -dc"))),
        ([.. "7z"u8, 0xBC, 0xAF, 0x27, 0x1C], new("a 7-Zip archive", "unpack it first")),
        ([.. "PAR1"u8], new("a Parquet file", Pandas("read_parquet"))),
        ([.. "ARROW1\0\0"u8], new("an Arrow file", Pandas("read_feather"))),
        ([0xFF, 0xFF, 0xFF, 0xFF], new("an Arrow stream", $"{ToCsv}, with pyarrow.csv.write_csv")),
        ([.. "FEA1"u8], new("a Feather file", Pandas("read_feather"))),
        ([.. "ORC"u8, 0x0A], new("an ORC file", Pandas("read_orc"))),
        ([.. "Obj\u0001"u8], new("an Avro file", ToCsv)),
        ([0x93, .. "NUMPY"u8], new("a NumPy array", Numpy("np.load(\"FILE\")"))),
        ([0x89, .. "HDF"u8], new("an HDF5 file", Pandas("read_hdf"))),
        ([.. "SQLite format 3\0"u8], new("an SQLite database", "sqlite3 -header -csv FILE 'SELECT …' | millrace score -")),
        ([0xD0, 0xCF, 0x11, 0xE0], new("an old Excel workbook (.xls) or another OLE file", "save it as 'CSV UTF-8'")),
        ([0x80, 0x04, 0x95], new("a Python pickle", ToCsv)),
        ([0x80, 0x05, 0x95], new("a Python pickle", ToCsv)),
        ([.. "%PDF"u8], new("a PDF", ToCsv)),
        ([0x89, .. "PNG"u8], new("a PNG image", "score reads tables; an image is sent as a tensor, with 'millrace publish' or a client")),
        ([0xFF, 0xD8, 0xFF], new("a JPEG image", "score reads tables; an image is sent as a tensor, with 'millrace publish' or a client")),
        ([.. "<?xml"u8], new("an XML document", ToCsv)),
        ([.. "<!DOCTYPE"u8], new("an HTML page", "is it the page that offers the file, or one that asks to log in?")),
        ([.. "<html"u8], new("an HTML page", "is it the page that offers the file, or one that asks to log in?")),
    ];

    /// <summary>The format; null where it may be text.</summary>
    /// <param name="start">The first bytes, 8 at least where the file has as many.</param>
    public static KnownFormat? Of(ReadOnlySpan<byte> start)
    {
        foreach (var (magic, format) in s_formats)
        {
            if (start.StartsWith(magic))
            {
                return format;
            }
        }

        return start.StartsWith("PK\u0003\u0004"u8) ? Zip(start) : IsJson(start) ? Json : null;
    }

    private static KnownFormat Json { get; } = new(
        "JSON", "jq -r '[.COLUMN1, .COLUMN2] | @csv' FILE makes rows of JSON lines; 'millrace publish' takes a job's JSON");

    private static KnownFormat Zip(ReadOnlySpan<byte> start)
    {
        // Its entries' names stand in the file as they are; which comes first differs from program to program.
        var isWorkbook = start.IndexOf("[Content_Types].xml"u8) >= 0 || start.IndexOf("xl/"u8) >= 0 || start.IndexOf("_rels/"u8) >= 0;
        return isWorkbook ? new("an Excel workbook (.xlsx)", "save it as 'CSV UTF-8'")
            : start.IndexOf(".npy"u8) >= 0 ? new("NumPy arrays (.npz)", Numpy("np.load(\"FILE\")[\"NAME\"]"))
            : new("a zip archive", Piped("unzip -p"));
    }

    /// <summary>A brace or bracket, and behind it what only JSON has there: a column may be called [id].</summary>
    private static bool IsJson(ReadOnlySpan<byte> start)
    {
        var text = start.TrimStart(" \t\r\n"u8);
        if (text.Length < 2 || text[0] is not ((byte)'{' or (byte)'['))
        {
            return false;
        }

        var inside = text[1..].TrimStart(" \t\r\n"u8);
        return inside.Length > 0 && (text[0] == '{'
            ? inside[0] is (byte)'"' or (byte)'}'
            : inside[0] is (byte)'{' or (byte)'[' or (byte)'"' or (byte)'-' or (>= (byte)'0' and <= (byte)'9'));
    }

    private static string Piped(string command) => $"{command} FILE | millrace score -";

    private static string Pandas(string read) =>
        $"python3 -c 'import pandas as pd, sys; pd.{read}(\"FILE\").to_csv(sys.stdout, index=False)' | millrace score -";

    private static string Numpy(string load) =>
        $"python3 -c 'import numpy as np, sys; np.savetxt(sys.stdout, {load}, delimiter=\",\")' | millrace score - --no-header";
}
