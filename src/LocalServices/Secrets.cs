using System.Security.Cryptography;

namespace Millrace.LocalServices;

/// <summary>
/// Passwords of the private servers. They listen on 127.0.0.1, where every user of the machine can reach them, and a superuser of
/// Postgres runs programs as its owner: trusting whoever connects would hand that out.
/// </summary>
internal static class Secrets
{
    /// <summary>96 random bits, in characters that no configuration file, connection string or URI wants escaped.</summary>
    public static string New() => RandomNumberGenerator.GetHexString(24, lowercase: true);
}
