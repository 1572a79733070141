using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Millrace.Worker.Tests.Architecture;

/// <summary>
/// Which folders of an assembly refer to which, by the namespaces of the types that are named in its metadata and its methods' code. What the
/// compiler leaves nothing of, constants above all, is not seen here.
/// </summary>
internal sealed class FolderReferences
{
    private static readonly Dictionary<int, OpCode> s_codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value);

    private readonly MetadataReader _metadata;
    private readonly PEReader _image;
    private readonly string _root;
    private readonly NamedTypes _names;
    private readonly SortedDictionary<(string From, string To), string> _found = [];
    private string _from = "";
    private string _type = "";

    private FolderReferences(PEReader image, string root)
    {
        (_image, _metadata, _root) = (image, image.GetMetadataReader(), root);
        _names = new NamedTypes(Add);
    }

    /// <summary>Reads an assembly's file.</summary>
    /// <param name="assembly">The file.</param>
    /// <param name="root">The namespace that the folders lie in.</param>
    /// <returns>From which folder to which, with the first two types that are an example.</returns>
    public static IReadOnlyDictionary<(string From, string To), string> Read(string assembly, string root)
    {
        using var file = File.OpenRead(assembly);
        using var image = new PEReader(file);
        var references = new FolderReferences(image, root);
        foreach (var handle in references._metadata.TypeDefinitions)
        {
            references.ReadType(handle);
        }

        return references._found;
    }

    private void ReadType(TypeDefinitionHandle handle)
    {
        if (FolderOf(handle) is not { } folder)
        {
            return;
        }

        (_from, _type) = (folder, NameOf(handle));
        var type = _metadata.GetTypeDefinition(handle);
        Read(type.BaseType);
        ReadAttributes(type.GetCustomAttributes());
        ReadConstraints(type.GetGenericParameters());
        foreach (var contract in type.GetInterfaceImplementations())
        {
            Read(_metadata.GetInterfaceImplementation(contract).Interface);
        }

        foreach (var field in type.GetFields().Select(_metadata.GetFieldDefinition))
        {
            field.DecodeSignature(_names, null);
            ReadAttributes(field.GetCustomAttributes());
        }

        foreach (var property in type.GetProperties())
        {
            ReadAttributes(_metadata.GetPropertyDefinition(property).GetCustomAttributes());
        }

        foreach (var method in type.GetMethods().Select(_metadata.GetMethodDefinition))
        {
            method.DecodeSignature(_names, null);
            ReadAttributes(method.GetCustomAttributes());
            ReadConstraints(method.GetGenericParameters());
            if (method.RelativeVirtualAddress != 0)
            {
                ReadBody(_image.GetMethodBody(method.RelativeVirtualAddress));
            }
        }
    }

    private void ReadAttributes(CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes)
        {
            Read(_metadata.GetCustomAttribute(attribute).Constructor);
        }
    }

    private void ReadConstraints(GenericParameterHandleCollection parameters)
    {
        foreach (var constraint in parameters.SelectMany(parameter => _metadata.GetGenericParameter(parameter).GetConstraints()))
        {
            Read(_metadata.GetGenericParameterConstraint(constraint).Type);
        }
    }

    private void ReadBody(MethodBodyBlock body)
    {
        if (!body.LocalSignature.IsNil)
        {
            _metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(_names, null);
        }

        foreach (var region in body.ExceptionRegions)
        {
            Read(region.CatchType);
        }

        var code = body.GetILReader();
        while (code.RemainingBytes > 0)
        {
            int value = code.ReadByte();
            var operation = s_codes[value == 0xFE ? 0xFE00 | code.ReadByte() : value];
            switch (operation.OperandType)
            {
                case OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok:
                    Read(MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    var targets = code.ReadInt32();
                    code.Offset += targets * sizeof(int);
                    break;
                default:
                    code.Offset += SizeOf(operation.OperandType);
                    break;
            }
        }
    }

    private static int SizeOf(OperandType operand) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        _ => 4,
    };

    private void Read(EntityHandle handle)
    {
        if (handle.IsNil)
        {
            return;
        }

        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                Add((TypeDefinitionHandle)handle);
                break;
            case HandleKind.TypeSpecification:
                _metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(_names, null);
                break;
            case HandleKind.MethodDefinition:
                Add(_metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                Add(_metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                Read(_metadata.GetMemberReference((MemberReferenceHandle)handle).Parent);
                break;
            case HandleKind.MethodSpecification:
                var method = _metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                Read(method.Method);
                method.DecodeSignature(_names, null);
                break;
        }
    }

    private void Add(TypeDefinitionHandle handle)
    {
        if (FolderOf(handle) is { } to && to != _from)
        {
            _found.TryAdd((_from, to), $"{_type} knows {NameOf(handle)}");
        }
    }

    /// <summary>
    /// The namespace below the root, empty for the root itself and for what is in none, as top-level statements are; null for what the compiler
    /// adds beside it.
    /// </summary>
    private string? FolderOf(TypeDefinitionHandle handle)
    {
        var type = _metadata.GetTypeDefinition(Outermost(handle));
        var name = _metadata.GetString(type.Namespace);
        if (name.Length == 0)
        {
            return _metadata.GetString(type.Name).StartsWith('<') ? null : "";
        }

        return name == _root ? "" : name.StartsWith(_root + ".", StringComparison.Ordinal) ? name[(_root.Length + 1)..] : null;
    }

    private string NameOf(TypeDefinitionHandle handle) => _metadata.GetString(_metadata.GetTypeDefinition(Outermost(handle)).Name);

    private TypeDefinitionHandle Outermost(TypeDefinitionHandle handle)
    {
        while (_metadata.GetTypeDefinition(handle).GetDeclaringType() is { IsNil: false } outer)
        {
            handle = outer;
        }

        return handle;
    }
}
