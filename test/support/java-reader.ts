import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import type { TopicRecord } from './topic-record.ts';

const QUIET_MS = 4000;
const LINE = /^Partition:(\d+)\tOffset:(\d+)\t([^\t]*)\t([^\t]*)\t(.*)$/s;

function header(headers: string, name: string): string {
  const found = headers.split(',').find((each) => each.startsWith(`${name}:`));
  return found?.slice(name.length + 1) ?? '';
}

/** The bytes that Java's `Bytes.toString` printed: `\xNN` for the backslash and for what is no printable character. */
export function bytesOfJava(printed: string): Buffer {
  const text = printed.replaceAll(/\\x([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(text, 'latin1');
}

/**
 * Reads a topic from its beginning with Java's own console consumer, read_committed, until nothing came for `quietMs`
 * (default 4 s; on a busy machine it may not even have joined by then). `jars` is the folder with Kafka's jars; with `form` bytes the values are as `bytesOfJava` takes them. Rejects when a line is not understood or the consumer fails.
 */
export async function readWithJava(
  jars: string,
  brokers: readonly string[],
  topic: string,
  { quietMs = QUIET_MS, form = 'text' }: { quietMs?: number; form?: 'text' | 'bytes' } = {},
): Promise<TopicRecord[]> {
  const deserializer = 'value.deserializer=org.apache.kafka.common.serialization.BytesDeserializer';
  const printed = ['partition', 'offset', 'headers', 'key'].flatMap((each) => [
    '--property',
    `print.${each}=true`,
  ]);
  const child = spawn('java', [
    '-XX:+UseSerialGC',
    '-Dorg.apache.logging.log4j.level=OFF', // its log would stand among the records
    '-cp',
    `${jars}/*`,
    'org.apache.kafka.tools.consumer.ConsoleConsumer',
    '--bootstrap-server',
    brokers.join(','),
    '--topic',
    topic,
    '--from-beginning',
    '--isolation-level',
    'read_committed',
    '--timeout-ms',
    String(quietMs),
    ...printed,
    ...(form === 'bytes' ? ['--property', deserializer] : []),
  ]);
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const output = await buffer(child.stdout);
  await ended;
  // It ends by --timeout-ms with a failing exit code; this line tells that it got so far.
  const [, total] = /Processed a total of (\d+) messages/.exec(errors) ?? [];
  const lines = output.toString().split('\n').filter(Boolean); // a value has no line ends: JSON escapes them
  if (Number(total) !== lines.length)
    throw new Error(
      `the console consumer tells of ${total ?? 'no'} records and printed ${lines.length} lines\n${errors}`,
    );
  return lines.map((line) => parseLine(topic, line));
}

function parseLine(topic: string, line: string): TopicRecord {
  const [, partition, offset, headers = '', key = '', value = ''] = LINE.exec(line) ?? [];
  if (partition === undefined) throw new Error('the console consumer printed a line that is no record');
  return {
    topic,
    partition: Number(partition),
    offset: Number(offset),
    key: key === 'null' ? null : key,
    value: value === 'null' ? null : value,
    messageId: header(headers, 'message_id'),
    epoch: Number(header(headers, 'epoch') || NaN),
    arrivedAt: NaN,
  };
}
