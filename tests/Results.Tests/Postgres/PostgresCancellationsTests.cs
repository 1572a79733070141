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
    public async Task Who_asked_is_the_login_whatever_role_it_has_taken()
    {
        var id = Guid.NewGuid();
        await using var source = NpgsqlDataSource.Create(await _database.CreateLoginAsync("", ["millrace_operator"], Token));
        await using var connection = await source.OpenConnectionAsync(Token);
        await using var command = new NpgsqlCommand($"SET ROLE millrace_operator; SELECT * FROM millrace.cancel(ARRAY['{id}'::uuid])", connection);
        await command.ExecuteNonQueryAsync(Token);

        Assert.Equal($"{_database.Name}_2", await ScalarAsync("SELECT requested_by FROM millrace.cancellations"));
    }

    [Fact]
    public async Task Who_follows_hears_of_what_was_asked_before_and_of_each_further_request()
    {
        Guid[] before = [Guid.NewGuid(), Guid.NewGuid()];
        await Requests.CancelAsync([before[0]], Token);
        await Requests.CancelAsync([before[1]], Token);
        await using var following = new Following(_worker);
        Assert.Equal(before, await following.NextAsync());

        var after = Guid.NewGuid();
        await Requests.CancelAsync([after], Token);
        Assert.Equal([after], await following.NextAsync());
        // Asked for once more, it is told once more: who has forgotten it learns of it again.
        await Requests.CancelAsync([after], Token);
        Assert.Equal([after], await following.NextAsync());
        Assert.Equal([$"{_database.Name}_1"], following.Requesters);
    }

    [Fact]
    public async Task Who_follows_begins_with_no_older_ones_than_wanted()
    {
        var ids = Enumerable.Range(0, 4).Select(_ => Guid.NewGuid()).ToArray();
        for (var i = 0; i < ids.Length; i++)
        {
            await _database.ExecuteAsync(
                $"INSERT INTO millrace.cancellations VALUES ('{ids[i]}', now() - interval '{i + 1} hours', 'test')", Token);
        }

        await using var young = new Following(_worker, TimeSpan.FromMinutes(210));
        Assert.Equal([ids[2], ids[1], ids[0]], await young.NextAsync());
        await using var none = new Following(_worker, TimeSpan.FromMinutes(1));
        Assert.Empty(await none.NextAsync());
        Assert.Equal([ids[0]], await ((ICancellationStore)_worker).FindCancelledAsync(ids, TimeSpan.FromMinutes(90), Token));
    }

    [Fact]
    public async Task A_notification_tells_nothing_whatever_is_in_it()
    {
        await using var following = new Following(_worker);
        Assert.Empty(await following.NextAsync());
        var id = Guid.NewGuid();
        await using (var stranger = NpgsqlDataSource.Create(await _database.CreateLoginAsync("", [], Token)))
        {
            await using var notify = stranger.CreateCommand(
                $"SELECT count(pg_notify('millrace_cancellations', gen_random_uuid()::text)) FROM generate_series(1, 1000); NOTIFY millrace_cancellations, '{Guid.NewGuid()}'");
            await notify.ExecuteNonQueryAsync(Token);
        }

        await Requests.CancelAsync([id], Token);

        Assert.Equal([id], await following.NextAsync());
    }

    [Fact]
    public async Task A_request_whose_transaction_ends_after_a_later_one_is_told_too()
    {
        await using var following = new Following(_worker);
        Assert.Empty(await following.NextAsync());
        Guid[] ids = [Guid.NewGuid(), Guid.NewGuid()];
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.OpenAsync(Token);
        await using var slow = await connection.BeginTransactionAsync(Token);
        await using (var cancel = new NpgsqlCommand($"SELECT * FROM millrace.cancel(ARRAY['{ids[0]}'::uuid])", connection))
        {
            await cancel.ExecuteNonQueryAsync(Token);
        }

        await Requests.CancelAsync([ids[1]], Token);
        Assert.Equal([ids[1]], await following.NextAsync());
        await slow.CommitAsync(Token);
        Assert.Equal([ids[0]], await following.NextAsync());
    }

    [Fact]
    public async Task A_request_without_a_notification_is_found_in_time()
    {
        await using var following = new Following(_worker, pollEvery: TimeSpan.FromMilliseconds(100));
        Assert.Empty(await following.NextAsync());
        var id = Guid.NewGuid();

        await _database.ExecuteAsync($"INSERT INTO millrace.cancellations (job_id, requested_by) VALUES ('{id}', 'test')", Token);

        Assert.Equal([id], await following.NextAsync());
    }

    [Fact]
    public async Task What_another_server_has_written_is_told_at_the_start_and_not_again_and_again()
    {
        var restored = Guid.NewGuid();
        await _database.ExecuteAsync(
            $"INSERT INTO millrace.cancellations (job_id, requested_by, requested_xact) VALUES ('{restored}', 'test', '1000000000000')", Token);
        await using var following = new Following(_worker);
        Assert.Equal([restored], await following.NextAsync());

        var id = Guid.NewGuid();
        await Requests.CancelAsync([id], Token);

        Assert.Equal([id], await following.NextAsync());
    }

    [Fact]
    public async Task Any_number_of_requests_is_told_in_portions()
    {
        await using var following = new Following(_worker);
        Assert.Empty(await following.NextAsync());
        var ids = Enumerable.Range(0, 2500).Select(_ => Guid.NewGuid()).ToArray();

        await Requests.CancelAsync(ids, Token);

        Assert.Equal(ids.Order(), (await following.NextAsync()).Order());
        Assert.Equal(1000, following.LargestPortion);
    }

    [Fact]
    public async Task A_lost_connection_ends_the_following_with_a_transient_fault()
    {
        await using var following = new Following(_worker);
        await following.NextAsync();

        Assert.Equal(true, await ScalarAsync(
            "SELECT bool_and(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'millrace cancellations'"));

        var fault = await Assert.ThrowsAnyAsync<Exception>(() => following.Ended.WaitAsync(s_patience, Token));
        Assert.True(_worker.Explain(fault).Kind == StoreFaultKind.Passing, fault.ToString());
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

    /// <summary>Follows in the background, and hands over what it hears, once it is all that there is.</summary>
    private sealed class Following : IAsyncDisposable, ICancellationListener
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Channel<IReadOnlyCollection<Guid>> _heard = Channel.CreateUnbounded<IReadOnlyCollection<Guid>>();
        private List<Guid> _portions = [];

        public Following(IResultStore store, TimeSpan? age = null, TimeSpan? pollEvery = null) => Ended =
            ((ICancellationStore)store).FollowCancellationsAsync(age ?? TimeSpan.FromDays(1), pollEvery ?? TimeSpan.FromHours(1), this, _stop.Token);

        public Task Ended { get; }

        public HashSet<string> Requesters { get; } = [];

        public int LargestPortion { get; private set; }

        public void Take(IReadOnlyCollection<CancellationRequest> requests)
        {
            _portions.AddRange(requests.Select(request => request.JobId));
            Requesters.UnionWith(requests.Select(request => request.RequestedBy));
            LargestPortion = Math.Max(LargestPortion, requests.Count);
        }

        public void CaughtUp()
        {
            _heard.Writer.TryWrite(_portions);
            _portions = [];
        }

        public async Task<IReadOnlyCollection<Guid>> NextAsync() => await _heard.Reader.ReadAsync(Token).AsTask().WaitAsync(s_patience, Token);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAny(Ended);
            _stop.Dispose();
        }
    }
}
