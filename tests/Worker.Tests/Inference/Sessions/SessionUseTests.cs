using Millrace.Worker.Inference.Sessions;
using Xunit;

namespace Millrace.Worker.Tests.Inference.Sessions;

public sealed class SessionUseTests
{
    [Fact]
    public void What_nobody_uses_is_freed_at_once_and_once()
    {
        var freed = 0;
        var use = new SessionUse(() => freed++);
        use.Enter();
        use.Leave();
        Assert.Equal(0, freed);

        use.GiveUp();
        use.GiveUp();

        Assert.Equal(1, freed);
        Assert.Throws<RunStoppedException>(use.Enter);
        Assert.Equal(1, freed);
    }

    [Fact]
    public void What_is_used_is_freed_when_its_user_leaves()
    {
        var freed = 0;
        var use = new SessionUse(() => freed++);
        use.Enter();

        use.GiveUp();
        use.GiveUp();
        Assert.Equal(0, freed);

        use.Leave();
        Assert.Equal(1, freed);
    }
}
