import { randomUUID } from 'node:crypto';
import type { Log } from '../observability/log.ts';
import { askMajority, askNodes } from '../redis/node-votes.ts';
import type { RedisPeer } from '../redis/redis-connection.ts';
import { redisKeys, type RedisKeys } from '../redis/redis-keys.ts';

/** What the replicas of a cluster tell one another. */
export type ControlMessage =
  /** The leader has left; `target` is to take over, else whoever comes first. */
  | {
      readonly type: 'released';
      readonly epoch: number;
      readonly replica: string;
      readonly target?: string;
      /** shutdown or switchover, else the code of the error that ended the leadership. */
      readonly reason?: string;
    }
  | SwitchoverRequest
  /** An operator has acted: a block or a refusal may be gone. */
  | { readonly type: 'unblocked' };

/** Asks the leader to leave. */
export interface SwitchoverRequest {
  readonly type: 'switchover';
  readonly requestId: string;
  /** The epoch that is to end: a leader of a later epoch is not meant. */
  readonly epoch: number;
  /** The replica that is to take over; absent: any. */
  readonly target?: string;
}

type MessageOf<T extends ControlMessage['type']> = Extract<ControlMessage, { type: T }>;
type Handler = (message: ControlMessage) => void;

export interface ControlChannelOptions {
  readonly nodes: readonly RedisPeer[];
  readonly clientId: string;
  readonly log: Log;
}

const NODE_TIMEOUT_MS = 2500;
const REQUEST_TTL_MS = 30_000;
const REMEMBERED_MESSAGES = 256;

/**
 * Pub/sub between the replicas. Pub/sub loses what is said while a subscription is down, so nothing rests on it alone:
 * a standby also looks at the lease, and a switchover request also lies in a key until it is carried out.
 */
export class ControlChannel {
  readonly #options: ControlChannelOptions;
  readonly #keys: RedisKeys;
  readonly #handlers = new Map<ControlMessage['type'], Set<Handler>>();
  readonly #seen = new Set<string>();

  constructor(options: ControlChannelOptions) {
    this.#options = options;
    this.#keys = redisKeys(options.clientId);
  }

  /** Subscribes on every node, for as long as the nodes are open. */
  start(): void {
    for (const node of this.#options.nodes)
      node.subscribe(this.#keys.events, (text) => this.#receive(text, node.name));
  }

  /** Calls the handler for each message of the type, once a message; returns what ends it. */
  on<T extends ControlMessage['type']>(type: T, handler: (message: MessageOf<T>) => void): () => void {
    const handlers = this.#handlers.get(type) ?? new Set<Handler>();
    this.#handlers.set(type, handlers);
    const guarded: Handler = (message) => {
      if (message.type === type) handler(message as MessageOf<T>);
    };
    handlers.add(guarded);
    return () => void handlers.delete(guarded);
  }

  /** Resolves when one node has taken it, at the latest when all have failed. @throws REDIS_UNREACHABLE and its like where none did */
  async publish(message: ControlMessage): Promise<void> {
    await this.#publish(message, randomUUID());
  }

  /**
   * Asks the leader of now to leave; the request stands for 30 s.
   * @throws REDIS_UNREACHABLE and its like where too few nodes took it
   */
  async requestSwitchover(target?: string): Promise<SwitchoverRequest> {
    const { nodes } = this.#options;
    const epochs = await askMajority(
      nodes,
      (node) => node.store.call('GET', [this.#keys.epoch]),
      NODE_TIMEOUT_MS,
    );
    const request: SwitchoverRequest = {
      type: 'switchover',
      requestId: randomUUID(),
      epoch: Math.max(...epochs.map((epoch) => Number(epoch ?? 0))),
      ...(target === undefined ? {} : { target }),
    };
    const args = [this.#keys.switchover, JSON.stringify(request), 'PX', REQUEST_TTL_MS];
    await askMajority(nodes, (node) => node.store.call('SET', args), NODE_TIMEOUT_MS);
    await this.#publish(request, request.requestId);
    return request;
  }

  /** Hands a stored request that no message has brought to the handlers. For a leader, at each renewal. Never rejects. */
  async checkSwitchover(): Promise<void> {
    const look = async (node: RedisPeer): Promise<void> => {
      const answer = await node.store.call('GET', [this.#keys.switchover]);
      const request = typeof answer === 'string' ? parseMessage(answer) : null;
      if (request?.type === 'switchover') this.#deliver(request, request.requestId);
    };
    await askNodes(this.#options.nodes, look, { timeoutMs: NODE_TIMEOUT_MS });
  }

  /** The request is carried out or refused: the next leader must not meet it. Never rejects. */
  async clearSwitchover(): Promise<void> {
    await askNodes(this.#options.nodes, (node) => node.store.call('DEL', [this.#keys.switchover]), {
      timeoutMs: NODE_TIMEOUT_MS,
    });
  }

  async #publish(message: ControlMessage, id: string): Promise<void> {
    const text = JSON.stringify({ id, ...message });
    const { answers, failures } = await askNodes(
      this.#options.nodes,
      (node) => node.store.call('PUBLISH', [this.#keys.events, text]),
      { timeoutMs: NODE_TIMEOUT_MS, isSettled: (taken) => taken.length > 0 },
    );
    if (answers.length === 0 && failures[0] !== undefined) throw failures[0];
  }

  #receive(text: string, node: string): void {
    const message = parseMessage(text);
    if (message === null) {
      this.#options.log.warn({ redis: node }, 'a message on the control channel is not one of ours');
      return;
    }
    this.#deliver(message, message.id);
  }

  #deliver(message: ControlMessage, id: string): void {
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    // The oldest goes: every message comes once from each node, close together.
    const [oldest] = this.#seen;
    if (this.#seen.size > REMEMBERED_MESSAGES && oldest !== undefined) this.#seen.delete(oldest);
    for (const handler of this.#handlers.get(message.type) ?? []) handler(message);
  }
}

function parseMessage(text: string): (ControlMessage & { readonly id: string }) | null {
  try {
    const message = JSON.parse(text) as Record<string, unknown>;
    const { id, type, epoch, replica, requestId, target, reason } = message;
    const isText = (field: unknown): boolean => field === undefined || typeof field === 'string';
    const hasTarget = isText(target) && isText(reason);
    const known =
      type === 'unblocked' ||
      (type === 'released' && typeof epoch === 'number' && typeof replica === 'string' && hasTarget) ||
      (type === 'switchover' && typeof epoch === 'number' && typeof requestId === 'string' && hasTarget);
    if (!known) return null;
    return { ...message, id: String(id ?? requestId) } as ControlMessage & { id: string };
  } catch {
    return null;
  }
}
