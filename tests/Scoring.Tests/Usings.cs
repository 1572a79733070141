global using Millrace.Contracts;
global using Xunit;
