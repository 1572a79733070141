using Millrace.Faults;

[assembly: AssemblyFixture(typeof(Servers))]
// One broker and one database for all, which tests stop and kill.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
