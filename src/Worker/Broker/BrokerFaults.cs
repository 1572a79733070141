using Millrace.Contracts.Tls;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Millrace.Worker.Broker;

/// <summary>What an error of RabbitMQ or of the way to it means.</summary>
internal static class BrokerFaults
{
    /// <summary>Whether the same call may succeed later with nothing changed by us.</summary>
    public static bool IsTransient(Exception fault) =>
        fault is BrokerUnreachableException or AlreadyClosedException or OperationInterruptedException or IOException or TimeoutException;

    /// <summary>What to tell people where the broker refuses for good; null for every other error.</summary>
    /// <param name="fault">The client's error.</param>
    /// <param name="broker">What to call the broker; holds no secret.</param>
    public static string? Problem(Exception fault, string broker) => fault switch
    {
        BrokerUnreachableException { InnerException: AuthenticationFailureException } =>
            $"{broker} refuses the user or its password. Set Broker:Uri (Broker__Uri) to amqp://user:password@host:port/vhost.",
        BrokerUnreachableException { InnerException: OperationInterruptedException refusal } => Problem(refusal, broker),
        BrokerUnreachableException when CertificateFault(fault) is { } refused => $"{broker}: {refused.Message}.",
        OperationInterruptedException { ShutdownReason.ReplyCode: Constants.NotAllowed } refusal =>
            $"{broker}: {refusal.ShutdownReason.ReplyText}. Make the virtual host, and give the user its rights: "
            + "rabbitmqctl add_vhost VHOST; rabbitmqctl set_permissions -p VHOST USER '.*' '.*' '.*'",
        OperationInterruptedException { ShutdownReason.ReplyCode: Constants.AccessRefused } refusal =>
            $"{broker}: {refusal.ShutdownReason.ReplyText}. The worker declares its exchanges and queues: give its user configure, write and "
            + "read on 'millrace.*'.",
        OperationInterruptedException { ShutdownReason.ReplyCode: Constants.PreconditionFailed } refusal =>
            $"{broker}: {refusal.ShutdownReason.ReplyText}. It was made with other arguments than this worker's. Delete it once it is empty "
            + "(rabbitmqctl delete_queue NAME), or set what differs as it is there, such as Broker:DeliveryLimit.",
        _ => null,
    };

    private static BrokerCertificateException? CertificateFault(Exception? fault)
    {
        while (fault is not null and not BrokerCertificateException)
        {
            fault = fault.InnerException;
        }

        return fault as BrokerCertificateException;
    }
}
