using Millrace.Worker.Tests.Architecture.Samples.Known;

namespace Millrace.Worker.Tests.Architecture.Samples.ByAttribute;

[Known]
internal static class Sample;
