using Millrace.TestKit;

[assembly: AssemblyFixture(typeof(TestRabbitMq))]
