import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { monotonicEpochMs } from '../support/monotonic-epoch.ts';
import { waitUntil } from '../support/wait-until.ts';
import { parseSnapshotId } from './checker/snapshot-id.ts';

/** The records of the stream of one epoch, as they arrived. */
export interface EpochSeen {
  readonly epoch: number;
  records: number;
  /** Milliseconds since 1970. */
  readonly firstArrivedAt: number;
  lastArrivedAt: number;
  /** Partition → arrival of its first record. */
  readonly partitions: Map<number, number>;
}

const JOIN_MS = 60_000;

/**
 * Java's console consumer, read_committed, from the beginning of the data and the positions topic, for as long as the
 * round runs: its clock tells how long the stream stood still.
 */
export class LiveTail {
  /** Data records of the stream: those of snapshots do not count. */
  records = 0;
  /** Records of snapshots: epoch → count. */
  readonly snapshotRecords = new Map<number, number>();
  /** Tables whose snapshot is complete. */
  readonly complete = new Set<string>();
  /** Position records. */
  positions = 0;
  readonly epochs = new Map<number, EpochSeen>();
  /** GTID → arrival of its last record. */
  readonly arrivals = new Map<string, number>();
  readonly #child: ChildProcess;
  #errors = '';

  constructor(jars: string, brokers: readonly string[], topics: readonly string[]) {
    const printed = ['partition', 'headers'].flatMap((each) => ['--property', `print.${each}=true`]);
    this.#child = spawn(
      'java',
      [
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        '-Xmx192m',
        '-Dorg.apache.logging.log4j.level=OFF',
        '-cp',
        `${jars}/*`,
        'org.apache.kafka.tools.consumer.ConsoleConsumer',
        '--bootstrap-server',
        brokers.join(','),
        '--include',
        topics.map((topic) => topic.replaceAll('.', String.raw`\.`)).join('|'),
        '--from-beginning',
        '--isolation-level',
        'read_committed',
        '--consumer-property',
        'metadata.max.age.ms=1000',
        ...printed,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const { stdout, stderr } = this.#child;
    stderr?.on('data', (bytes: Buffer) => (this.#errors = (this.#errors + bytes.toString()).slice(-2000)));
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.#take(line));
  }

  /** Data records of the stream and of snapshots. */
  get all(): number {
    return this.records + this.snapshotOf(() => true);
  }

  /** Records of snapshots of the epochs that are meant. */
  snapshotOf(isMeant: (epoch: number) => boolean): number {
    return [...this.snapshotRecords].reduce((sum, [epoch, count]) => sum + (isMeant(epoch) ? count : 0), 0);
  }

  /** Resolves when the first record has come. */
  async joined(): Promise<void> {
    await waitUntil(() => this.records + this.positions > 0, {
      timeoutMs: JOIN_MS,
      what: 'the first record',
    }).catch((error: unknown) => {
      throw new Error(`the console consumer reads nothing: ${this.#errors}`, { cause: error });
    });
  }

  /** The epochs above `above` that have records, in order. */
  after(above: number): EpochSeen[] {
    return [...this.epochs.values()].filter(({ epoch }) => epoch > above).sort((a, b) => a.epoch - b.epoch);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
    this.#child.kill('SIGKILL');
    await ended;
  }

  #take(line: string): void {
    const head = line.slice(0, 300);
    const [, messageId] = /\bmessage_id:([^,\t]+)/.exec(head) ?? [];
    const epoch = Number(/\bepoch:(\d+)/.exec(head)?.[1] ?? Number.NaN);
    if (messageId === undefined || Number.isNaN(epoch)) {
      this.positions += 1;
      return;
    }
    const ofSnapshot = parseSnapshotId(messageId);
    if (ofSnapshot !== null) {
      this.snapshotRecords.set(epoch, (this.snapshotRecords.get(epoch) ?? 0) + 1);
      // A row may hold any text, but not this one without its quotes escaped.
      if (line.includes('"type":"bootstrap-complete"')) this.complete.add(ofSnapshot.table);
      return;
    }
    const at = monotonicEpochMs();
    const partition = Number(/^Partition:(\d+)/.exec(head)?.[1]);
    this.records += 1;
    this.arrivals.set(messageId.slice(0, messageId.lastIndexOf('#')), at);
    const seen = this.epochs.get(epoch) ?? {
      epoch,
      records: 0,
      firstArrivedAt: at,
      lastArrivedAt: at,
      partitions: new Map<number, number>(),
    };
    this.epochs.set(epoch, seen);
    seen.records += 1;
    seen.lastArrivedAt = at;
    if (!seen.partitions.has(partition)) seen.partitions.set(partition, at);
  }
}
