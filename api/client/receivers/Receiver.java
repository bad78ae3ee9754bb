import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** For Java 17 or newer, without libraries: java Receiver.java. */
public final class Receiver {
  private static final int LONGEST = 1024 * 1024;
  private static final byte[] KEY =
      Base64.getDecoder().decode(System.getenv("WEBHOOK_SECRET").replaceFirst("^whsec_", ""));
  // in production: a unique index in your database
  private static final Set<String> SEEN = ConcurrentHashMap.newKeySet();

  public static void main(String[] args) throws IOException {
    int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "4020"));
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.setExecutor(Executors.newFixedThreadPool(8));
    server.createContext("/", Receiver::receive);
    server.start();
  }

  private static void receive(HttpExchange exchange) throws IOException {
    // the raw bytes: parsing and serializing may change them
    byte[] body = exchange.getRequestBody().readNBytes(LONGEST + 1);
    int status = body.length > LONGEST ? 413 : isGenuine(exchange, body) ? 204 : 401;
    if (status == 204) {
      String id = header(exchange, "webhook-id");
      // parse the body with the JSON library that you have
      if (SEEN.add(id)) System.out.println(id + " " + new String(body, StandardCharsets.UTF_8));
    }
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  private static boolean isGenuine(HttpExchange exchange, byte[] body) {
    String timestamp = header(exchange, "webhook-timestamp");
    if (!timestamp.matches("[0-9]{1,12}")) return false;
    if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(timestamp)) > 300) return false;
    byte[] expected = ("v1," + hmac(header(exchange, "webhook-id") + "." + timestamp + ".", body)).getBytes(StandardCharsets.UTF_8);
    // during a rotation there are several, separated by spaces
    for (String signature : header(exchange, "webhook-signature").split(" ")) {
      if (MessageDigest.isEqual(expected, signature.getBytes(StandardCharsets.UTF_8))) return true;
    }
    return false;
  }

  private static String hmac(String prefix, byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(KEY, "HmacSHA256"));
      mac.update(prefix.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(mac.doFinal(body));
    } catch (GeneralSecurityException error) {
      throw new IllegalStateException(error);
    }
  }

  private static String header(HttpExchange exchange, String name) {
    String value = exchange.getRequestHeaders().getFirst(name);
    return value == null ? "" : value;
  }
}
