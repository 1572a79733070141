using System.Buffers;

namespace Millrace.Scoring.Cells;

/// <summary>Reads a cell's text (UTF-8) as one element and appends it in the protocol's binary layout.</summary>
/// <returns>False, and nothing appended, where the text is no value of the datatype.</returns>
internal delegate bool CellParser(ReadOnlySpan<byte> cell, IBufferWriter<byte> target);
