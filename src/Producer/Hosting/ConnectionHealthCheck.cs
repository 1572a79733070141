using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Millrace.Producer.Hosting;

/// <summary>Tells whether a client is connected to its broker, and since when. It asks no worker: who serves a model is not known here.</summary>
internal sealed class ConnectionHealthCheck(HostedClient client) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var state = client.State;
        var since = state.Since.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        if (state.IsConnected)
        {
            return Task.FromResult(HealthCheckResult.Healthy($"Connected since {since}."));
        }

        // A broker that refused the user is not asked again by itself; where it was mended over there, the next check says so.
        client.Connect();
        var reason = state.Reason?.Message ?? "The first attempt has not ended yet.";
        return Task.FromResult(new HealthCheckResult(context.Registration.FailureStatus, $"Not connected since {since}. {reason}", state.Reason));
    }
}
