using System.Data.Common;

namespace Millrace.Cli.Up;

/// <summary>How to talk to what <c>millrace up</c> has started. It shows passwords: they are of servers that live as long as it does.</summary>
internal sealed record UpText(string ProgramName, Uri Broker, string Store, string Model, string Samples)
{
    /// <summary>The lines.</summary>
    public IEnumerable<string> Lines() =>
        $"""

        Millrace is up; Ctrl-C stops it.

          RabbitMQ   {Broker.AbsoluteUri}
          Postgres   {PostgresUri()}

        In another terminal, so that the commands below find both:

        export Broker__Uri='{Broker.AbsoluteUri}'
        export Store__ConnectionString='{Store}'

        Send a job, score a file through the broker, see what was stored:

        {ProgramName} publish {Samples}/digits-job.json
        {ProgramName} score {Samples}/digits.csv
        {ProgramName} results --limit 5

        From any language that speaks AMQP, here Python with pika:

        python3 - {Samples}/digits-job.json <<'EOF'
        import pika, sys, os
        connection = pika.BlockingConnection(pika.URLParameters(os.environ["Broker__Uri"]))
        channel = connection.channel()
        replies = channel.queue_declare("", exclusive=True).method.queue
        channel.basic_publish("millrace", "{Model}", open(sys.argv[1], "rb").read(), mandatory=True,
            properties=pika.BasicProperties(content_type="application/json", reply_to=replies, correlation_id="1"))
        for method, properties, body in channel.consume(replies, auto_ack=True):
            print(properties.correlation_id, body.decode())
            break
        EOF

        And plain SQL:

        psql '{PostgresUri()}' \
            -c 'SELECT job_id, model_name, status, row_count, committed_at FROM millrace.results ORDER BY committed_at DESC LIMIT 5'

        """.Split('\n');

    private string PostgresUri()
    {
        var parts = new DbConnectionStringBuilder { ConnectionString = Store };
        return $"postgresql://{parts["Username"]}:{parts["Password"]}@{parts["Host"]}:{parts["Port"]}/{parts["Database"]}";
    }
}
