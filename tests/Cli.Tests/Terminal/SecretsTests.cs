using Millrace.Cli.Terminal;

namespace Millrace.Cli.Tests.Terminal;

public sealed class SecretsTests
{
    [Theory]
    [InlineData("see amqp://user:s3cr3t@host:5672/vhost, please", "see amqp://***@host:5672/vhost, please")]
    [InlineData("'postgresql://s3cr3t:s3cr@3t@host/db'", "'postgresql://***@host/db'")]
    [InlineData("Host=h;Password=s3cr3t;Database=d", "Host=h;Password=***;Database=d")]
    [InlineData("host=h;pwd=x;PASSWORD = 's3;cr3t';Database=d", "host=h;pwd=x;PASSWORD = ***;Database=d")]
    [InlineData("amqp://host/ and a=b", "amqp://host/ and a=b")]
    public void Passwords_are_taken_out(string text, string redacted) => Assert.Equal(redacted, Secrets.Redact(text));
}
