namespace Millrace.Scoring.Runs;

/// <summary>How far a run is. Written by the run, read by who shows it.</summary>
internal sealed class ScoreProgress
{
    private long _rows;
    private long _failedRows;
    private long _bytesRead;

    /// <summary>Rows written.</summary>
    public long Rows => Volatile.Read(ref _rows);

    /// <summary>Rows among them without an output.</summary>
    public long FailedRows => Volatile.Read(ref _failedRows);

    /// <summary>Bytes of the file read.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead);

    /// <summary>Notes rows that were written.</summary>
    public void Add(int rows, int failed, long bytesRead)
    {
        Volatile.Write(ref _bytesRead, bytesRead);
        Volatile.Write(ref _failedRows, _failedRows + failed);
        Volatile.Write(ref _rows, _rows + rows);
    }
}
