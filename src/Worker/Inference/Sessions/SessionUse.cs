namespace Millrace.Worker.Inference.Sessions;

/// <summary>
/// Who frees a session: its owner where nobody uses it, else whoever uses it, on leaving. Native memory that is freed under a run ends
/// the process. For one user at a time.
/// </summary>
internal sealed class SessionUse(Action free)
{
    private readonly Lock _gate = new();
    private bool _isUsed;
    private bool _isGivenUp;

    /// <exception cref="RunStoppedException">The owner has given the session up.</exception>
    public void Enter()
    {
        lock (_gate)
        {
            if (_isGivenUp)
            {
                throw new RunStoppedException();
            }

            _isUsed = true;
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            _isUsed = false;
            if (!_isGivenUp)
            {
                return;
            }
        }

        free();
    }

    /// <summary>The owner's word that nobody is to begin to use it. Frees it once, now or when its user leaves.</summary>
    public void GiveUp()
    {
        lock (_gate)
        {
            if (_isGivenUp)
            {
                return;
            }

            _isGivenUp = true;
            if (_isUsed)
            {
                return;
            }
        }

        free();
    }
}
