namespace Millrace.Bench.Contenders;

/// <summary>Who takes part in a run.</summary>
internal static class Attendance
{
    /// <summary>Those that are asked for: by name, or those of the form.</summary>
    public static IReadOnlyList<Contender> Of(Settings settings)
    {
        Contender[] known = [.. ContenderList.All, ContenderList.TwoWorkers];
        Contender[] quick = [ContenderList.Floor, ContenderList.Peer, ContenderList.Millrace];
        return settings.Contenders.Count > 0
            ? Array.FindAll(known, contender => settings.Contenders.Contains(contender.Name, StringComparer.Ordinal))
            : settings.IsQuick ? quick : known;
    }

    /// <summary>Those that are asked for and can be started. Says who cannot, and why.</summary>
    /// <exception cref="BenchException">One that was asked for by its name cannot.</exception>
    public static IReadOnlyList<Contender> Take(Settings settings)
    {
        var present = new List<Contender>();
        foreach (var contender in Of(settings))
        {
            if (contender.Obstacle() is not { } obstacle)
            {
                present.Add(contender);
            }
            else if (settings.Contenders.Count > 0)
            {
                throw new BenchException($"{contender.Title} cannot take part: {obstacle}.");
            }
            else
            {
                Console.Error.WriteLine($"bench: goes on without {contender.Title}: {obstacle}");
            }
        }

        return present;
    }
}
