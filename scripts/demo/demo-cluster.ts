import { FailpointFile, type FailpointHit } from '../../test/support/failpoint-order.ts';
import { startReplica, type ReplicaProcess, type ReplicaStatus } from '../../test/support/replica-process.ts';
import type { ReplicaView } from './demo-view.ts';

/** The demo's replicas: their processes, and what their status pages said last. */
export class DemoCluster {
  readonly #config: Readonly<Record<string, string>>;
  readonly #folder: string;
  readonly #isDetached: boolean;
  readonly #failpoints: FailpointFile;
  readonly #replicas = new Map<string, ReplicaProcess>();
  readonly #statuses = new Map<string, ReplicaStatus | null>();
  /** The replica that is meant to be dead. */
  #victim: string | null = null;

  constructor(config: Readonly<Record<string, string>>, folder: string, isDetached: boolean) {
    this.#config = config;
    this.#folder = folder;
    this.#isDetached = isDetached;
    this.#failpoints = new FailpointFile(`${folder}/failpoint.json`);
  }

  get replicas(): readonly ReplicaProcess[] {
    return [...this.#replicas.values()];
  }

  /** Starts a replica, or starts it again after its end. */
  async start(name: string): Promise<void> {
    const replica = await startReplica({
      name,
      folder: this.#folder,
      config: this.#config,
      env: this.#failpoints.env,
      isDetached: this.#isDetached,
    });
    this.#statuses.delete(name);
    this.#replicas.set(name, replica);
    if (this.#victim === name) this.#victim = null;
  }

  /** Holds the replica where its Kafka transaction is sent and not committed, and kills it there with SIGKILL. */
  async killInTransaction(name: string, timeoutMs: number): Promise<FailpointHit> {
    const order = { name: 'transaction.sent', action: 'hold', replica: name } as const;
    const hit = await this.#failpoints.order(order, timeoutMs);
    this.#victim = name;
    process.kill(hit.pid, 'SIGKILL');
    this.#failpoints.clear();
    return hit;
  }

  /** Asks every replica for its status; the answers are there when they come. */
  look(): void {
    for (const replica of this.replicas)
      void replica.status().then((status) => {
        if (this.#replicas.get(replica.name) === replica) this.#statuses.set(replica.name, status);
      });
  }

  /** What a replica said last; null while it does not answer. */
  status(name: string): ReplicaStatus | null {
    return this.#statuses.get(name) ?? null;
  }

  /** The leader whose epoch is above the one given and that has found its position. */
  leader(above: number): ReplicaStatus | undefined {
    return this.replicas
      .map(({ name }) => this.status(name))
      .filter((status) => status !== null)
      .find(({ role, epoch, position }) => role === 'leader' && epoch > above && (position ?? null) !== null);
  }

  /** Throws when a replica has ended that was not killed. */
  check(): void {
    const gone = this.replicas.find(({ name, isRunning }) => !isRunning && name !== this.#victim);
    if (gone !== undefined) throw new Error(`${gone.name} has ended by itself; ${gone.lastWords()}`);
  }

  /** The states in words, for an error. */
  describe(): string {
    const words = ({ name }: ReplicaProcess): string => {
      const status = this.status(name);
      return `  ${name}: ${status?.role ?? 'no answer'} ${JSON.stringify(status?.blocked ?? '')}`;
    };
    return this.replicas.map(words).join('\n');
  }

  views(): ReplicaView[] {
    return this.replicas.map(({ name, pid, isRunning }) => {
      if (!isRunning) return { name, pid, role: 'killed', epoch: null, lagSeconds: null };
      const status = this.status(name);
      if (status === null) return { name, pid, role: 'starting', epoch: null, lagSeconds: null };
      const { role, epoch, lagSeconds } = status;
      return { name, pid, role, epoch: role === 'leader' ? epoch : null, lagSeconds: lagSeconds ?? null };
    });
  }

  /** Withdraws a failpoint order that is still standing. */
  close(): void {
    this.#failpoints.clear();
  }
}
