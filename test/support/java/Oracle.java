import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Answers each line of stdin with one line: what Java makes of the value.
 *   version              the feature release of this Java
 *   hash HEX             String.hashCode and MurmurHash3_x86_32 with seed 25342 of a text in UTF-8
 *   partition N VALUES   Math.abs(hash % N) by both hashes, of the values' toString one behind the other
 *   double BITS          Double.toString of this Java, and as Java 19 and newer specify it
 *   float BITS           the same of Float.toString
 *   decimal TEXT         BigDecimal.toString
 * Values are separated by blanks: l:LONG u:BIGINTEGER d:DOUBLE-BITS f:FLOAT-BITS n:BIGDECIMAL s:HEX a:HEX,HEX,…
 */
public class Oracle {
  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line; (line = in.readLine()) != null; ) out.println(answer(line.split(" ")));
    out.flush();
  }

  static String answer(String[] words) {
    switch (words[0]) {
      case "version":
        return String.valueOf(Runtime.version().feature());
      case "hash":
        return text(words[1]).hashCode() + " " + murmur3(text(words[1]));
      case "partition": {
        StringBuilder all = new StringBuilder();
        for (int i = 2; i < words.length; i++) all.append(value(words[i]));
        int count = Integer.parseInt(words[1]);
        String key = all.toString();
        return Math.abs(key.hashCode() % count) + " " + Math.abs(murmur3(key) % count);
      }
      case "double": {
        double value = Double.longBitsToDouble(Long.parseUnsignedLong(words[1], 16));
        return Double.toString(value) + " " + specified(value, new BigDecimal(value), false);
      }
      case "float": {
        float value = Float.intBitsToFloat(Integer.parseUnsignedInt(words[1], 16));
        return Float.toString(value) + " " + specified(value, new BigDecimal(value), true);
      }
      default:
        return new BigDecimal(words[1]).toString();
    }
  }

  static Object value(String word) {
    String rest = word.substring(2);
    switch (word.charAt(0)) {
      case 'l':
        return Long.valueOf(rest);
      case 'u':
        return new BigInteger(rest);
      case 'd':
        return Double.longBitsToDouble(Long.parseUnsignedLong(rest, 16));
      case 'f':
        return Float.intBitsToFloat(Integer.parseUnsignedInt(rest, 16));
      case 'n':
        return new BigDecimal(rest);
      case 'a': {
        List<String> list = new ArrayList<>();
        if (!rest.isEmpty()) for (String each : rest.split(",")) list.add(text(each));
        return list;
      }
      default:
        return text(rest);
    }
  }

  static String text(String hex) {
    return new String(HexFormat.of().parseHex(hex), StandardCharsets.UTF_8);
  }

  /** MurmurHash3_x86_32 as A. Appleby describes it, over UTF-8. */
  static int murmur3(String text) {
    byte[] data = text.getBytes(StandardCharsets.UTF_8);
    int hash = 25342;
    for (int block = 0; block + 4 <= data.length; block += 4) {
      int k = 0;
      for (int i = 3; i >= 0; i--) k = (k << 8) | (data[block + i] & 0xff);
      hash ^= Integer.rotateLeft(k * 0xcc9e2d51, 15) * 0x1b873593;
      hash = Integer.rotateLeft(hash, 13) * 5 + 0xe6546b64;
    }
    int k = 0;
    for (int i = data.length - 1; i >= data.length / 4 * 4; i--) k = (k << 8) | (data[i] & 0xff);
    hash ^= Integer.rotateLeft(k * 0xcc9e2d51, 15) * 0x1b873593;
    hash ^= data.length;
    hash = (hash ^ (hash >>> 16)) * 0x85ebca6b;
    hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35;
    return hash ^ (hash >>> 16);
  }

  /**
   * The text of Double.toString and Float.toString by the words of their specification since Java 19: of the decimals
   * that round to the value, one with the fewest digits (but two where one would do), and of these the nearest.
   */
  static String specified(double value, BigDecimal exact, boolean isFloat) {
    if (value == 0) return 1 / value < 0 ? "-0.0" : "0.0";
    for (int digits = 2; ; digits++) {
      BigDecimal best = null;
      for (RoundingMode mode : new RoundingMode[] {RoundingMode.DOWN, RoundingMode.UP}) {
        BigDecimal candidate = exact.round(new MathContext(digits, mode));
        double back = isFloat ? Float.parseFloat(candidate.toString()) : Double.parseDouble(candidate.toString());
        if (back == value && (best == null || isNearer(candidate, best, exact))) best = candidate;
      }
      if (best != null) return notation(best);
    }
  }

  static boolean isNearer(BigDecimal candidate, BigDecimal best, BigDecimal exact) {
    int order = candidate.subtract(exact).abs().compareTo(best.subtract(exact).abs());
    return order < 0 || (order == 0 && !candidate.unscaledValue().testBit(0));
  }

  static String notation(BigDecimal value) {
    BigDecimal size = value.abs();
    String sign = value.signum() < 0 ? "-" : "";
    String digits = size.unscaledValue().toString();
    int exponent = digits.length() - 1 - size.scale();
    digits = digits.replaceFirst("0+$", "");
    if (exponent >= -3 && exponent < 7) {
      String plain = size.stripTrailingZeros().toPlainString();
      return sign + (plain.contains(".") ? plain : plain + ".0");
    }
    String fraction = digits.length() > 1 ? digits.substring(1) : "0";
    return sign + digits.charAt(0) + "." + fraction + "E" + exponent;
  }
}
