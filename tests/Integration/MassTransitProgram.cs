using System.Globalization;
using MassTransit;

namespace Millrace.Integration.Tests;

/// <summary>The program of the README's section on MassTransit, line by line; <see cref="MassTransitTests"/> compares the two and runs it.</summary>
internal static class MassTransitProgram
{
    /// <param name="args">The broker's URI, and the 64 pixels of a digit, separated by commas.</param>
    /// <param name="Console">Stands for the console.</param>
    public static async Task RunAsync(string[] args, TextWriter Console)
    {
        var bus = Bus.Factory.CreateUsingRabbitMq(rabbit => rabbit.Host(new Uri(args[0])));
        await bus.StartAsync();
        float[] pixels = [.. args[1].Split(',').Select(pixel => float.Parse(pixel, CultureInfo.InvariantCulture))];
        var job = new PredictionJob { Id = Guid.NewGuid(), Inputs = [Tensor.Create<float>("image", [1, 64], pixels)] };
        var client = bus.CreateRequestClient<PredictionJob>(new Uri("exchange:millrace.digits"), TimeSpan.FromSeconds(30));
        var response = await client.GetResponse<PredictionResult>(job);
        var result = response.Message;
        Console.WriteLine(result.Error ?? result.Outputs.Single(output => output.Name == "label").ToStrings()[0]);
        await bus.StopAsync();
    }
}
