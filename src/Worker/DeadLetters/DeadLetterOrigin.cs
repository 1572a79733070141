using Millrace.Contracts;

namespace Millrace.Worker.DeadLetters;

/// <summary>Tells dead letters that the broker cannot have made. Pure.</summary>
internal static class DeadLetterOrigin
{
    private const int ExcerptLength = 60;

    /// <param name="death">What its headers say.</param>
    /// <param name="exchange">The exchange that it came by.</param>
    /// <returns>Why it cannot be the broker's; null where it can.</returns>
    public static string? Doubt(BrokerDeath death, string exchange)
    {
        if (exchange is not (BrokerNames.DeadLetters or BrokerNames.RetryReturn))
        {
            return $"it came by exchange '{Excerpt(exchange)}', and what dies comes by {BrokerNames.DeadLetters} or {BrokerNames.RetryReturn}";
        }

        if (death.ModelQueue is null)
        {
            return $"it names '{Excerpt(death.Queue)}', from where nothing of a model's comes here";
        }

        if (death.Reason is not (BrokerDeath.DeliveryLimit or BrokerDeath.Expired or BrokerDeath.Rejected or "maxlen"))
        {
            return $"it gives '{Excerpt(death.Reason)}' as the reason, which is none of RabbitMQ's";
        }

        return (exchange == BrokerNames.RetryReturn) != BrokerNames.IsRetryQueue(death.Queue)
            ? $"it came by exchange '{exchange}' and names queue '{Excerpt(death.Queue)}', which dies another way"
            : null;
    }

    private static string Excerpt(string text) => text.Length <= ExcerptLength
        ? text
        : text[..(char.IsHighSurrogate(text[ExcerptLength - 1]) ? ExcerptLength - 1 : ExcerptLength)] + "…";
}
