using Xunit;

namespace Millrace.Worker.Tests.Architecture;

/// <summary>Each way to know a type is seen, in a folder that knows it in that way alone.</summary>
public sealed class FolderReferencesTests
{
    private const string Root = "Millrace.Worker.Tests.Architecture.Samples";

    [Fact]
    public void A_folder_that_knows_another_in_one_way_alone_is_seen_to_know_it()
    {
        var found = FolderReferences.Read(typeof(FolderReferencesTests).Assembly.Location, Root);

        Assert.Equal(
            ["ByAttribute", "ByCall", "ByCallBehindSwitch", "ByCatch", "ByConstraint", "ByExtension", "ByField", "ByInterface", "ByLambda", "ByReturn", "ByTypeArgument"],
            found.Keys.Where(arrow => arrow.To == "Known").Select(arrow => arrow.From).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(found.Keys, arrow => arrow.To != "Known");
    }
}
