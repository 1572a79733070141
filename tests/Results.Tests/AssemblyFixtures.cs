using Millrace.TestKit;

[assembly: AssemblyFixture(typeof(TestPostgres))]
