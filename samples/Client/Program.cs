using System.Globalization;
using Millrace.Contracts;
using Millrace.Producer;

// Reads handwritten digits and asks a worker what they are. In one terminal: ./run up
// In another, with the broker's address that it prints: dotnet run --project samples/Client -- amqp://… samples/digits.csv
if (args is not [var broker, var file])
{
    Console.Error.WriteLine("usage: Client BROKER FILE, as in: Client amqp://user:password@localhost:5672 samples/digits.csv");
    return 2;
}

await using var client = await MillraceClient.ConnectAsync(new MillraceClientOptions { Broker = new Uri(broker) });
await foreach (var result in client.PredictManyAsync(JobsAsync()))
{
    Console.WriteLine(result.Status == JobStatus.Succeeded
        ? string.Join(' ', result.Output("label").Strings)
        : $"job {result.Id}: {result.Code}: {result.Error}");
}

return 0;

// Ten images a job, each of 64 pixels from 0 to 16.
async IAsyncEnumerable<PredictionJob> JobsAsync()
{
    foreach (var images in (await File.ReadAllLinesAsync(file)).Skip(1).Chunk(10))
    {
        var pixels = images.SelectMany(image => image.Split(',').Take(64)).Select(pixel => float.Parse(pixel, CultureInfo.InvariantCulture)).ToArray();
        yield return new PredictionJob { ModelName = "digits", Inputs = [Tensor.Create<float>("image", [images.Length, 64], pixels)] };
    }
}
