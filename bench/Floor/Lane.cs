using Npgsql;
using NpgsqlTypes;
using RabbitMQ.Client;

namespace Millrace.Bench.Floor;

/// <summary>Takes group after group: runs it, inserts its rows, publishes its replies. Its confirms come while the next group is at work.</summary>
internal sealed class Lane
{
    private const string Insert =
        "INSERT INTO bench.results (job_id, model, status, outputs) SELECT id, $1, 'succeeded', outputs FROM unnest($2, $3) AS job (id, outputs)";

    private static readonly CachedString s_defaultExchange = new("");

    /// <summary>Confirms are counted here: the client's own tracking costs a header and a TaskCompletionSource for each publish.</summary>
    public static CreateChannelOptions ChannelOptions { get; } = new(
        publisherConfirmationsEnabled: true,
        publisherConfirmationTrackingEnabled: false,
        outstandingPublisherConfirmationsRateLimiter: null);

    private readonly Intake _intake;
    private readonly Model _model;
    private readonly NpgsqlCommand _insert;
    private readonly IChannel _channel;
    private readonly Confirms _confirms;
    private readonly ReplyWriter _writer;
    private readonly List<Guid> _ids = [];
    private readonly List<ReadOnlyMemory<byte>> _outputs = [];
    private ulong _nextPublish = 1;

    private Lane(Intake intake, Model model, NpgsqlCommand insert, IChannel channel)
    {
        _intake = intake;
        _model = model;
        _insert = insert;
        _channel = channel;
        _confirms = new Confirms(channel, intake);
        _writer = new ReplyWriter(model);
    }

    public static async Task<Lane> OpenAsync(Intake intake, Model model, NpgsqlDataSource database, IChannel channel)
    {
        var insert = new NpgsqlCommand(Insert, await database.OpenConnectionAsync());
        var lane = new Lane(intake, model, insert, channel);
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = model.Name });
        insert.Parameters.Add(new NpgsqlParameter<List<Guid>> { TypedValue = lane._ids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        insert.Parameters.Add(new NpgsqlParameter<List<ReadOnlyMemory<byte>>>
        {
            TypedValue = lane._outputs,
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea,
        });
        await insert.PrepareAsync();
        return lane;
    }

    public async Task RunAsync()
    {
        var group = new Group(_model);
        while (true)
        {
            group.Clear();
            group = await _intake.TakeAsync(group);
            group.Run();
            await InsertAsync(group);
            await ReplyAsync(group);
        }
    }

    private async Task InsertAsync(Group group)
    {
        _ids.Clear();
        _outputs.Clear();
        var row = 0;
        foreach (var job in group.Jobs)
        {
            _ids.Add(job.Id);
            _outputs.Add(group.Output(row, job.Rows));
            row += job.Rows;
        }

        await _insert.ExecuteNonQueryAsync();
    }

    private async Task ReplyAsync(Group group)
    {
        _confirms.Expect(_nextPublish, group.Jobs.Count, group.Turn!);
        _nextPublish += (ulong)group.Jobs.Count;
        for (var i = 0; i < group.Jobs.Count; i++)
        {
            var (properties, body) = _writer.Write(group.Jobs[i], _outputs[i].Span);
            await _channel.BasicPublishAsync(s_defaultExchange, new CachedString(group.Jobs[i].ReplyTo), mandatory: false, properties, body);
        }
    }
}
