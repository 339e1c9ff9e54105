import { spawn } from 'node:child_process';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { TopicRecord } from './topic-record.ts';

const QUIET_MS = 4000;
const source = fileURLToPath(new URL('java/Reader.java', import.meta.url));
const LINE = /^Partition:(\d+)\tOffset:(\d+)\t([^\t]*)\t([^\t]*)\t(.*)$/s;

function header(headers: string, name: string): string {
  const found = headers.split(',').find((each) => each.startsWith(`${name}:`));
  return found?.slice(name.length + 1) ?? '';
}

/**
 * Reads a topic from its beginning to its end with Java's own consumer, read_committed; see Reader.java. `jars` is the folder
 * with Kafka's jars. Transactions that are open when it comes to them are waited for, up to `quietMs` (default 4 s) without a
 * record; `form` bytes: the values in hex. Rejects when the consumer fails or a line is not understood.
 */
export async function readWithJava(
  jars: string,
  brokers: readonly string[],
  topic: string,
  { quietMs = QUIET_MS, form = 'text' }: { quietMs?: number; form?: 'text' | 'bytes' } = {},
): Promise<TopicRecord[]> {
  const child = spawn('java', [
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Dorg.apache.logging.log4j.level=OFF', // its log would stand among the records
    '-cp',
    `${jars}/*`,
    source,
    brokers.join(','),
    topic,
    form,
    String(quietMs),
  ]);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [output, errors, code] = await Promise.all([buffer(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`Java's consumer ended with ${code}\n${errors}`);
  const lines = output.toString().split('\n').filter(Boolean); // a value has no line ends: JSON escapes them
  return lines.map((line) => parseLine(topic, line));
}

function parseLine(topic: string, line: string): TopicRecord {
  const [, partition, offset, headers = '', key = '', value = ''] = LINE.exec(line) ?? [];
  if (partition === undefined) throw new Error("Java's consumer printed a line that is no record");
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
