// A consumer on which every row change has its effect once, however often it is delivered: the effect and the message_id are
// written in one transaction of the target, and a message_id that is there already is dropped.
//   KAFKA=kafka1:9092 TOPIC=orders GROUP=totals TARGET=mysql://user:password@host:3306/warehouse node examples/consumer/consume.mjs
// The effect here is one that a repetition would spoil: it counts the changes of each table.
import process from 'node:process';
import { Kafka, logLevel } from 'kafkajs';
import { createConnection } from 'mysql2/promise';

const { KAFKA, TOPIC, GROUP = 'totals', TARGET } = process.env;
if (!KAFKA || !TOPIC || !TARGET) {
  process.stderr.write('consume.mjs needs KAFKA, TOPIC and TARGET in the environment\n');
  process.exit(2);
}

const target = await createConnection(TARGET);
await target.query(`CREATE TABLE IF NOT EXISTS seen (
  message_id VARBINARY(255) PRIMARY KEY, seen_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, KEY (seen_at))`);
await target.query(`CREATE TABLE IF NOT EXISTS totals (
  name VARCHAR(255), type VARCHAR(20), changes BIGINT NOT NULL, PRIMARY KEY (name, type))`);

/** The effect, and nothing else of the consumer's own: put yours here, on the connection of the target. */
async function apply({ database, table, type }) {
  await target.execute('INSERT INTO totals VALUES (?, ?, 1) ON DUPLICATE KEY UPDATE changes = changes + 1', [
    `${database}.${table}`,
    type,
  ]);
}

let dropped = 0;

/** One batch, one transaction of the target: either all of it counts, with its message_ids, or nothing. */
async function eachBatch({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary }) {
  await target.beginTransaction();
  try {
    for (const { value, headers } of batch.messages) {
      if (value === null) continue; // a tombstone
      const id = headers?.message_id?.toString() ?? '';
      const [{ affectedRows }] = await target.execute('INSERT IGNORE INTO seen (message_id) VALUES (?)', [
        id,
      ]);
      if (affectedRows === 1) await apply(JSON.parse(value.toString()));
      else dropped += 1;
      await heartbeat();
    }
    await target.commit();
  } catch (error) {
    await target.rollback();
    throw error;
  }
  // Only now: a crash before this line brings the batch once more, and every message_id of it is there.
  resolveOffset(batch.lastOffset());
  await commitOffsetsIfNecessary();
  process.stdout.write(`${batch.partition}: offset ${batch.lastOffset()}, ${dropped} dropped so far\n`);
}

// kafkajs reads committed unless told otherwise: records of aborted attempts are not delivered.
const consumer = new Kafka({ brokers: KAFKA.split(','), logLevel: logLevel.WARN }).consumer({
  groupId: GROUP,
});
await consumer.connect();
await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
await consumer.run({ eachBatchAutoResolve: false, eachBatch });

for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, async () => {
    await consumer.disconnect();
    await target.end();
  });
