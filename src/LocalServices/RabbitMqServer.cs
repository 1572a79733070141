using System.Net.Sockets;

namespace Millrace.LocalServices;

/// <summary>The broker behind <see cref="LocalRabbitMq"/>, and the Erlang name server that is only its own.</summary>
internal sealed class RabbitMqServer : IAsyncDisposable
{
    private const string Name = "RabbitMQ";
    private const int Attempts = 3;

    private static readonly TimeSpan s_stopDeadline = TimeSpan.FromSeconds(20);

    // The protocol header of AMQP 0-9-1; a broker that takes connections answers with a method frame, whose first byte is 1.
    private static readonly byte[] s_protocolHeader = [(byte)'A', (byte)'M', (byte)'Q', (byte)'P', 0, 0, 9, 1];

    private readonly LocalRabbitMqOptions _options;
    private readonly ServerFolder _folder;
    private readonly RabbitMqConfiguration _configuration;
    private RabbitMqPorts _ports = new(0, 0, 0, 0);
    private LocalProcess? _epmd;
    private LocalProcess? _broker;

    private RabbitMqServer(LocalRabbitMqOptions options, RabbitMqPrograms programs, ServerFolder folder)
    {
        _options = options;
        _folder = folder;
        _configuration = new RabbitMqConfiguration(folder, programs, options.Management);
    }

    public int Port => _ports.Amqp;

    public Uri Uri => new($"amqp://{RabbitMqConfiguration.User}:{_configuration.Password}@127.0.0.1:{_ports.Amqp}");

    public Uri? ManagementUri => _options.Management
        ? new Uri($"http://{RabbitMqConfiguration.User}:{_configuration.Password}@127.0.0.1:{_ports.Management}")
        : null;

    public LocalProcess Broker => _broker ?? throw new InvalidOperationException("The broker was not started.");

    public static async Task<RabbitMqServer> StartAsync(LocalRabbitMqOptions options, CancellationToken cancellationToken)
    {
        var programs = RabbitMqPrograms.Find();
        FreePorts.RequireFree(options.Port, Name);
        var server = new RabbitMqServer(options, programs, ServerFolder.Open(options.Folder));
        try
        {
            await server.RunOnFreePortsAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the processes on the ports and waits until the broker answers.</summary>
    /// <returns>False where it ended at once.</returns>
    public async Task<bool> TryRunAsync(CancellationToken cancellationToken)
    {
        _configuration.Write(_ports);
        // Erlang would start its own name server as a daemon that outlives everything; one that is there already it only uses.
        _epmd = LocalProcess.Start(_configuration.Epmd(_ports));
        if (!await Readiness.WaitAsync(_epmd, "epmd", _options.StartTimeout, token => AnswersAsync(_ports.Epmd, [], token), cancellationToken))
        {
            throw new LocalServiceException($"epmd ended at once. {_epmd.LogTail()}");
        }

        _broker = LocalProcess.Start(_configuration.Broker(_ports));
        return await Readiness.WaitAsync(
            _broker, Name, _options.StartTimeout, token => AnswersAsync(_ports.Amqp, s_protocolHeader, token), cancellationToken);
    }

    /// <summary>Such as <c>rabbitmqctl status</c> of this broker.</summary>
    public LocalProgram Control(IReadOnlyList<string> arguments) => _configuration.Control(_ports, arguments);

    public async Task StopAsync(int signal)
    {
        if (_broker is not null)
        {
            await _broker.StopAsync(signal, s_stopDeadline);
        }

        if (_epmd is not null)
        {
            await _epmd.StopAsync(Signals.Kill, s_stopDeadline);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // What a temporary folder holds need not be written out in order.
        await StopAsync(_options.Folder is null ? Signals.Kill : Signals.Terminate);
        _folder.Dispose();
    }

    private async Task RunOnFreePortsAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            _ports = RabbitMqPorts.Find(_options.Port);
            if (await TryRunAsync(cancellationToken))
            {
                return;
            }

            await StopAsync(Signals.Kill);
            // Between our look and the broker's start another program may have taken one of the ports.
            if (attempt == Attempts || !_ports.AnyIsTaken())
            {
                throw new LocalServiceException($"RabbitMQ ended at once. {Broker.LogTail()}");
            }
        }
    }

    private static async Task<bool> AnswersAsync(int port, byte[] greeting, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port, cancellationToken);
            if (greeting.Length == 0)
            {
                return true;
            }

            await client.GetStream().WriteAsync(greeting, cancellationToken);
            var answer = new byte[1];
            return await client.GetStream().ReadAsync(answer, cancellationToken) == 1 && answer[0] == 1;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
