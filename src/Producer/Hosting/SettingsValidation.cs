using Microsoft.Extensions.Options;

namespace Millrace.Producer.Hosting;

/// <summary>Finds everything that is wrong with a client's settings before the host starts. A password is in no message.</summary>
/// <param name="optionsName">The settings that it looks at.</param>
/// <param name="connectionName">What their connection string is called.</param>
internal sealed class SettingsValidation(string optionsName, string connectionName) : IValidateOptions<MillraceClientSettings>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, MillraceClientSettings options)
    {
        if (name != optionsName)
        {
            return ValidateOptionsResult.Skip;
        }

        var problems = ClientOptionsCheck.Problems(options.ToOptions(broker: null, TimeProvider.System, connectionChanged: null))
            .Select(problem => $"Millrace client '{connectionName}': {problem}");
        string[] all = [.. Address(options), .. options.Unreadable, .. problems];
        return all.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(all);
    }

    private IEnumerable<string> Address(MillraceClientSettings settings)
    {
        if (string.IsNullOrEmpty(settings.ConnectionString))
        {
            yield return $"ConnectionStrings:{connectionName} is not set: the broker's address, such as amqp://user:password@broker:5672/vhost "
                + $"(in the environment: ConnectionStrings__{connectionName}).";
        }
        else if (!BrokerAddress.TryParse(settings.ConnectionString, out _))
        {
            yield return $"ConnectionStrings:{connectionName} is no amqp:// or amqps:// URI, such as amqp://user:password@broker:5672/vhost.";
        }
    }
}
