using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using Millrace.Scoring;
using Millrace.Scoring.Cells;

namespace Millrace.Cli.Score;

/// <summary>The options that say how a file is written: each settles what would otherwise be a guess.</summary>
internal sealed class DialectOptions
{
    private readonly Option<byte?> _separator = new("--separator")
    {
        Description = "What stands between fields: a character, tab or space [default: what the first line has of , ; tab |]",
        HelpName = "CHARACTER",
        CustomParser = Separator,
    };

    private readonly Option<bool> _noHeader = new("--no-header") { Description = "The first line is a row; columns are called 1, 2, 3…" };

    private readonly Option<bool> _header = new("--header") { Description = "The first line has the columns' names, even if they look like a row" };

    private readonly Option<bool> _noQuotes = new("--no-quotes") { Description = "Quotes are text like any other, as in exports that never quote" };

    private readonly Option<char?> _decimal = new("--decimal")
    {
        Description = "The decimal mark of numbers: . or , [default: a point; a file that shows another is refused]",
        HelpName = "MARK",
        CustomParser = result => Mark(result, "--decimal", "a point or a comma", ".,"),
    };

    private readonly Option<char?> _thousands = new("--thousands")
    {
        Description = "What groups the digits of numbers: . , ' _ or space, of any kind [default: nothing]",
        HelpName = "MARK",
        CustomParser = result => Mark(result, "--thousands", "a point, a comma, ', _ or space", ".,'_ "),
    };

    private readonly Option<string?> _missing = new("--missing")
    {
        Description = "What to read for an empty cell, NA, null and the like where a number is wanted: error, nan or a value [default: error]",
        HelpName = "VALUE",
    };

    private readonly Option<Encoding?> _encoding = new("--encoding")
    {
        Description = "The file's encoding, such as windows-1252, latin1, utf-16le [default: UTF-8, or as its byte order mark says]",
        HelpName = "NAME",
        CustomParser = EncodingOf,
    };

    public DialectOptions(Command command)
    {
        command.Add(_separator);
        command.Add(_noHeader);
        command.Add(_header);
        command.Add(_noQuotes);
        command.Add(_decimal);
        command.Add(_thousands);
        command.Add(_missing);
        command.Add(_encoding);
    }

    /// <summary>What was said.</summary>
    /// <exception cref="UsageException">It contradicts itself.</exception>
    public CsvDialect Read(ParseResult arguments)
    {
        var thousands = arguments.GetValue(_thousands);
        if (thousands is not null && thousands == arguments.GetValue(_decimal))
        {
            throw new UsageException($"--decimal {thousands} and --thousands {thousands}: one mark cannot be both");
        }

        if (arguments.GetValue(_noHeader) && arguments.GetValue(_header))
        {
            throw new UsageException("--header and --no-header exclude each other");
        }

        return new CsvDialect
        {
            Separator = arguments.GetValue(_separator),
            HasHeader = arguments.GetValue(_noHeader) ? false : arguments.GetValue(_header) ? true : null,
            HasQuotes = !arguments.GetValue(_noQuotes),
            // Of point and comma the one that groups is not the one that ends the whole part.
            Decimal = arguments.GetValue(_decimal) ?? (thousands switch { '.' => ',', ',' => '.', _ => null }),
            Thousands = thousands,
            Missing = arguments.GetValue(_missing) switch
            {
                null or "error" => MissingCells.AreErrors,
                var value when string.Equals(value, "nan", StringComparison.OrdinalIgnoreCase) => MissingCells.AreNan,
                var value => new MissingCells(value),
            },
            Encoding = arguments.GetValue(_encoding),
        };
    }

    private static byte? Separator(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        byte? separator = text switch
        {
            "tab" or "\\t" => (byte)'\t',
            "space" => (byte)' ',
            [var one] when char.IsAscii(one) && !char.IsAsciiLetterOrDigit(one) && one is not ('"' or '\r' or '\n' or '\0') => (byte)one,
            _ => null,
        };
        if (separator is null)
        {
            result.AddError($"--separator: expected one ASCII character that is no letter, digit or quote, or tab or space, found '{text}'");
        }

        return separator;
    }

    private static char? Mark(ArgumentResult result, string option, string expected, string marks)
    {
        var text = result.Tokens[0].Value;
        var mark = text == "space" ? " " : text;
        if (mark.Length == 1 && marks.Contains(mark[0], StringComparison.Ordinal))
        {
            return mark[0];
        }

        result.AddError($"{option}: expected {expected}, found '{text}'");
        return null;
    }

    private static Encoding? EncodingOf(ArgumentResult result)
    {
        var name = result.Tokens[0].Value;
        try
        {
            return (string.Equals(name, "utf8", StringComparison.OrdinalIgnoreCase) ? Encoding.UTF8 : CodePagesEncodingProvider.Instance.GetEncoding(name))
                ?? Encoding.GetEncoding(name);
        }
        catch (Exception unknown) when (unknown is ArgumentException or NotSupportedException)
        {
            result.AddError($"--encoding: no encoding '{name}' is known; utf-8, utf-16le, windows-1252, latin1 and shift_jis are some");
            return null;
        }
    }
}
