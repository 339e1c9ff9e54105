import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads a topic from its beginning to its end with Java's own consumer, read_committed, without a group: nothing depends on
 * how fast it joins one. A line a record: Partition:N, Offset:N, headers, key and value, between tabs.
 * Arguments: brokers, topic, text or bytes (values in hex), and for how many milliseconds of nothing new it waits for transactions that are open.
 */
public class Reader {
  public static void main(String[] args) throws IOException {
    String topic = args[1];
    boolean isText = args[2].equals("text");
    long quietMs = Long.parseLong(args[3]);
    try (KafkaConsumer<byte[], byte[]> committed = consumer(args[0], "read_committed");
        KafkaConsumer<byte[], byte[]> all = consumer(args[0], "read_uncommitted");
        OutputStream out = new BufferedOutputStream(System.out, 1 << 16)) {
      List<TopicPartition> partitions = new ArrayList<>();
      committed.partitionsFor(topic).forEach(each -> partitions.add(new TopicPartition(topic, each.partition())));
      if (partitions.isEmpty()) throw new IllegalStateException("there is no topic " + topic);
      committed.assign(partitions);
      committed.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = all.endOffsets(partitions);
      Long quietSince = null;
      while (!isRead(committed, ends)) {
        ConsumerRecords<byte[], byte[]> records = committed.poll(Duration.ofMillis(200));
        for (ConsumerRecord<byte[], byte[]> each : records) print(each, isText, out);
        // Where all that is committed was read, what is left stands in open transactions.
        if (!records.isEmpty() || !isRead(committed, committed.endOffsets(partitions))) quietSince = null;
        else if (quietSince == null) quietSince = System.nanoTime();
        else if (System.nanoTime() - quietSince > quietMs * 1_000_000) break;
      }
    }
  }

  private static boolean isRead(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream().allMatch(each -> consumer.position(each.getKey()) >= each.getValue());
  }

  private static KafkaConsumer<byte[], byte[]> consumer(String brokers, String isolation) {
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers", brokers,
            "isolation.level", isolation,
            "enable.auto.commit", false,
            "allow.auto.create.topics", false);
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private static void print(ConsumerRecord<byte[], byte[]> record, boolean isText, OutputStream out)
      throws IOException {
    StringBuilder headers = new StringBuilder();
    for (Header each : record.headers()) {
      if (headers.length() > 0) headers.append(',');
      headers.append(each.key()).append(':').append(new String(each.value(), StandardCharsets.UTF_8));
    }
    String place = "Partition:" + record.partition() + "\tOffset:" + record.offset() + "\t" + headers + "\t";
    out.write(place.getBytes(StandardCharsets.UTF_8));
    write(record.key(), true, out);
    out.write('\t');
    write(record.value(), isText, out);
    out.write('\n');
  }

  private static void write(byte[] bytes, boolean isText, OutputStream out) throws IOException {
    if (bytes == null) out.write("null".getBytes(StandardCharsets.UTF_8));
    else if (isText) out.write(bytes);
    else out.write(HexFormat.of().formatHex(bytes).getBytes(StandardCharsets.UTF_8));
  }
}
