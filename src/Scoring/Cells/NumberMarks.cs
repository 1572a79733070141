namespace Millrace.Scoring.Cells;

/// <summary>What a cell shows of the marks that a file's numbers are written with.</summary>
internal enum NumberMarks
{
    /// <summary>Nothing: no number, or one without marks.</summary>
    None,

    /// <summary>The point is the decimal mark: <c>0.5</c>, <c>12.34</c>.</summary>
    DecimalPoint,

    /// <summary>A point that may be either mark: <c>1.234</c>.</summary>
    Point,

    /// <summary>The point groups digits: <c>1.234.567</c>.</summary>
    ThousandsPoint,

    /// <summary>The comma is the decimal mark: <c>0,5</c>.</summary>
    DecimalComma,

    /// <summary>The same, and the point groups digits: <c>1.234,50</c>.</summary>
    DecimalCommaThousandsPoint,

    /// <summary>The same, and a space groups digits: <c>1 234,50</c>.</summary>
    DecimalCommaThousandsSpace,

    /// <summary>The same, and an apostrophe groups digits: <c>1'234,50</c>.</summary>
    DecimalCommaThousandsApostrophe,

    /// <summary>A comma that may be either mark: <c>1,234</c>.</summary>
    Comma,

    /// <summary>The comma groups digits: <c>1,234.5</c>, <c>1,234,567</c>.</summary>
    ThousandsComma,

    /// <summary>A space groups digits: <c>1 234</c>.</summary>
    ThousandsSpace,

    /// <summary>An apostrophe groups digits: <c>1'234.5</c>.</summary>
    ThousandsApostrophe,
}
