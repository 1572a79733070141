using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Bench.Floor;

/// <summary>Counts the broker's confirms of one channel, group by group.</summary>
internal sealed class Confirms
{
    private readonly Lock _gate = new();
    private readonly Intake _intake;
    private readonly List<Sent> _sent = [];

    public Confirms(IChannel channel, Intake intake)
    {
        _intake = intake;
        channel.BasicAcksAsync += OnAcksAsync;
        channel.BasicNacksAsync += (_, nack) => throw new InvalidOperationException($"The broker refused reply {nack.DeliveryTag}.");
    }

    /// <summary>Acks the group once so many publishes from the first on are confirmed. Called before the first.</summary>
    public void Expect(ulong first, int count, Turn turn)
    {
        lock (_gate)
        {
            _sent.Add(new Sent(first, count, turn));
        }
    }

    private async Task OnAcksAsync(object sender, BasicAckEventArgs ack)
    {
        List<Turn>? confirmed = null;
        lock (_gate)
        {
            for (var i = 0; i < _sent.Count && _sent[i].First <= ack.DeliveryTag; i++)
            {
                if (_sent[i].Confirm(ack.DeliveryTag, ack.Multiple))
                {
                    (confirmed ??= []).Add(_sent[i].Turn);
                    _sent.RemoveAt(i--);
                }
            }
        }

        foreach (var turn in confirmed ?? [])
        {
            await _intake.AckAsync(turn);
        }
    }

    /// <summary>A group's publishes: a bit for each that is not confirmed yet. A group has at most 64 jobs.</summary>
    private sealed class Sent(ulong first, int count, Turn turn)
    {
        private ulong _open = ulong.MaxValue >> (64 - count);

        public ulong First => first;

        public Turn Turn => turn;

        public bool Confirm(ulong number, bool multiple)
        {
            var index = (int)Math.Min(number - first, 64);
            if (multiple)
            {
                _open = index >= 63 ? 0 : _open & (ulong.MaxValue << (index + 1));
            }
            else if (index < 64)
            {
                _open &= ~(1UL << index);
            }

            return _open == 0;
        }
    }
}
