namespace Millrace.Results;

/// <summary>What a failed call to a store says, and about what.</summary>
public enum StoreFaultKind
{
    /// <summary>About the store, or the way to it, and it may pass by itself: lost connections, deadlocks, a server that starts.</summary>
    Passing,

    /// <summary>About the store: a person must make room on its disk, or mend it.</summary>
    NoRoom,

    /// <summary>About what was set up, and a person must change it: the schema, a right, a password, a certificate.</summary>
    Setup,

    /// <summary>About the data of a row, and nothing else: the same row will be refused again.</summary>
    Data,

    /// <summary>Nothing that is known here: an error of the store's own, or of the program's.</summary>
    Unexplained,
}
