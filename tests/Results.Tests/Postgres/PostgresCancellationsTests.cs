using System.Threading.Channels;
using Millrace.Results.Tests.Contract;
using Millrace.TestKit;
using Npgsql;

namespace Millrace.Results.Tests.Postgres;

public sealed class PostgresCancellationsTests(TestPostgres postgres) : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private TestDatabase _database = null!;
    private IResultStore _worker = null!;
    private IResultStore _operator = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ICancellationStore Requests => (ICancellationStore)_operator;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Token);
        await using (var owner = ResultStores.OpenPostgres(_database.ConnectionString))
        {
            await owner.MigrateAsync(Token);
        }

        _worker = ResultStores.OpenPostgres(await _database.CreateLoginAsync("", ["millrace_worker"], Token));
        _operator = ResultStores.OpenPostgres(await _database.CreateLoginAsync("", ["millrace_operator"], Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        await _operator.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_job_without_a_row_is_recorded_with_who_asked()
    {
        var id = Guid.NewGuid();

        Assert.Equal([new CancellationAnswer(id, null, null)], await Requests.CancelAsync([id], Token));
        Assert.Equal($"{id} {_database.Name}_1", await ScalarAsync("SELECT job_id || ' ' || requested_by FROM millrace.cancellations"));
    }

    [Fact]
    public async Task A_job_that_has_ended_is_answered_with_how_and_nothing_is_recorded()
    {
        var row = Rows.Rejected();
        await _worker.CommitAsync([row], Token);

        var answer = Assert.Single(await Requests.CancelAsync([row.JobId, row.JobId], Token));

        Assert.Equal((row.JobId, JobStatus.Rejected), (answer.JobId, answer.Status));
        Assert.Equal(Assert.Single(await _worker.FindAsync([row.JobId], Token)).CommittedAt, answer.CommittedAt);
        Assert.Equal(0L, await ScalarAsync("SELECT count(*) FROM millrace.cancellations"));
    }

    [Fact]
    public async Task Who_follows_hears_of_what_was_asked_before_and_of_each_further_request()
    {
        Guid[] before = [Guid.NewGuid(), Guid.NewGuid()];
        await Requests.CancelAsync([before[0]], Token);
        await Requests.CancelAsync([before[1]], Token);
        await using var following = new Following(_worker, TimeSpan.FromDays(1), 10);
        Assert.Equal(before, await following.NextAsync());

        var after = Guid.NewGuid();
        await Requests.CancelAsync([after], Token);
        Assert.Equal([after], await following.NextAsync());
        // Asked for once more, it is told once more: who has forgotten it learns of it again.
        await Requests.CancelAsync([after], Token);
        Assert.Equal([after], await following.NextAsync());
    }

    [Fact]
    public async Task Who_follows_begins_with_the_newest_and_no_older_ones_than_wanted()
    {
        var ids = Enumerable.Range(0, 4).Select(_ => Guid.NewGuid()).ToArray();
        for (var i = 0; i < ids.Length; i++)
        {
            await _database.ExecuteAsync(
                $"INSERT INTO millrace.cancellations VALUES ('{ids[i]}', now() - interval '{i + 1} hours', 'test')", Token);
        }

        await using var few = new Following(_worker, TimeSpan.FromDays(1), 2);
        Assert.Equal([ids[1], ids[0]], await few.NextAsync());
        await using var young = new Following(_worker, TimeSpan.FromMinutes(210), 10);
        Assert.Equal([ids[2], ids[1], ids[0]], await young.NextAsync());
        await using var none = new Following(_worker, TimeSpan.FromMinutes(1), 10);
        Assert.Empty(await none.NextAsync());
    }

    [Fact]
    public async Task A_lost_connection_ends_the_following_with_a_transient_fault()
    {
        await using var following = new Following(_worker, TimeSpan.FromDays(1), 10);
        await following.NextAsync();

        Assert.Equal(true, await ScalarAsync(
            "SELECT bool_and(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'millrace cancellations'"));

        var fault = await Assert.ThrowsAnyAsync<Exception>(() => following.Ended.WaitAsync(s_patience, Token));
        Assert.True(_worker.IsTransient(fault), fault.ToString());
    }

    [Fact]
    public async Task Requests_of_long_ago_are_deleted_with_the_next_one()
    {
        await _database.ExecuteAsync(
            """
            INSERT INTO millrace.cancellations
            VALUES (gen_random_uuid(), now() - interval '31 days', 'test'), (gen_random_uuid(), now() - interval '29 days', 'test')
            """,
            Token);

        await Requests.CancelAsync([Guid.NewGuid()], Token);

        Assert.Equal(2L, await ScalarAsync("SELECT count(*) FROM millrace.cancellations"));
    }

    [Fact]
    public async Task Who_may_not_cancel_is_told_the_grant()
    {
        var fault = await Assert.ThrowsAsync<StoreSchemaException>(() => ((ICancellationStore)_worker).CancelAsync([Guid.NewGuid()], Token));

        Assert.Contains("GRANT millrace_operator TO login", fault.Message, StringComparison.Ordinal);
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Token);
    }

    /// <summary>Follows in the background, and hands over what it hears.</summary>
    private sealed class Following : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Channel<IReadOnlyCollection<Guid>> _heard = Channel.CreateUnbounded<IReadOnlyCollection<Guid>>();

        public Following(IResultStore store, TimeSpan age, int limit) =>
            Ended = ((ICancellationStore)store).FollowCancellationsAsync(age, limit, ids => _heard.Writer.TryWrite(ids), _stop.Token);

        public Task Ended { get; }

        public async Task<IReadOnlyCollection<Guid>> NextAsync() => await _heard.Reader.ReadAsync(Token).AsTask().WaitAsync(s_patience, Token);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAny(Ended);
            _stop.Dispose();
        }
    }
}
