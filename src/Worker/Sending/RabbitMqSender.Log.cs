using Microsoft.Extensions.Logging;

namespace Millrace.Worker.Sending;

internal sealed partial class RabbitMqSender
{
    [LoggerMessage(EventId = 320, Level = LogLevel.Warning, Message = "A message to {RoutingKey} was not confirmed; it is sent again: {Reason}")]
    private partial void LogNotSent(string routingKey, string reason);

    [LoggerMessage(EventId = 321, Level = LogLevel.Error, Message = "A message to {RoutingKey} cannot be written: its {Property} is longer than AMQP's 255 bytes")]
    private partial void LogNotWritable(string routingKey, string property);

    [LoggerMessage(EventId = 322, Level = LogLevel.Warning, Message = "{RoutingKey} refused a message, as a full queue does; it is sent again in {Delay}")]
    private partial void LogRefused(string routingKey, TimeSpan delay);

    [LoggerMessage(EventId = 323, Level = LogLevel.Error, Message = "A message to {RoutingKey} of {Bytes} bytes is larger than the broker takes (max_message_size)")]
    private partial void LogTooLarge(string routingKey, int bytes);

    [LoggerMessage(EventId = 324, Level = LogLevel.Error, Message = "A message to {RoutingKey} is given up: the broker closed the channel over it {Times} time(s), at last with nothing else in flight")]
    private partial void LogCostsChannel(string routingKey, int times);
}
