// For .NET 8 or newer, without packages: the Program.cs of "dotnet new web".
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

const int Longest = 1024 * 1024;
var secret = Environment.GetEnvironmentVariable("WEBHOOK_SECRET") ?? "";
var key = Convert.FromBase64String(secret.StartsWith("whsec_") ? secret["whsec_".Length..] : secret);
var seen = new ConcurrentDictionary<string, bool>(); // in production: a unique index in your database

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.ConfigureKestrel(options => options.Limits.MaxRequestBodySize = Longest);
var app = builder.Build();

app.MapPost("/{*path}", async (HttpRequest request) =>
{
    using var buffer = new MemoryStream();
    await request.Body.CopyToAsync(buffer);
    var body = buffer.ToArray(); // the raw bytes: parsing and serializing may change them
    if (!IsGenuine(request.Headers, body)) return Results.Unauthorized();
    var id = request.Headers["webhook-id"].ToString();
    using var document = JsonDocument.Parse(body);
    if (seen.TryAdd(id, true)) Console.WriteLine($"{id} {document.RootElement.GetProperty("type")}");
    return Results.NoContent();
});
app.Run($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT") ?? "4020"}");

bool IsGenuine(IHeaderDictionary headers, byte[] body)
{
    var timestamp = headers["webhook-timestamp"].ToString();
    if (!long.TryParse(timestamp, out var seconds)) return false;
    if (Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - seconds) > 300) return false;
    byte[] signed = [.. Encoding.UTF8.GetBytes($"{headers["webhook-id"]}.{timestamp}."), .. body];
    var expected = Encoding.UTF8.GetBytes($"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, signed))}");
    // during a rotation there are several, separated by spaces
    return headers["webhook-signature"].ToString().Split(' ')
        .Any(each => CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(each)));
}
