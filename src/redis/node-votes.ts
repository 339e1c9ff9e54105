import { HeavisideError } from '../errors.ts';

/** What the nodes of `redis.nodes` answered until the question was settled. */
export interface NodeVotes<T> {
  readonly answers: readonly T[];
  /** Why the others did not answer. */
  readonly failures: readonly Error[];
}

/** How many of `nodeCount` nodes make a majority. */
export function majorityOf(nodeCount: number): number {
  return Math.floor(nodeCount / 2) + 1;
}

/** Rejects with REDIS_UNREACHABLE where the promise takes longer than `timeoutMs`; what it does later is ignored. */
export function withDeadline<T>(promise: Promise<T>, timeoutMs: number, nodeName: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new HeavisideError('REDIS_UNREACHABLE', `Redis ${nodeName} did not answer within ${timeoutMs} ms`),
        ),
      timeoutMs,
    );
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export interface AskOptions<T> {
  /** How long one node may take, in milliseconds. */
  readonly timeoutMs: number;
  /** True when the answers so far settle the question; default: all nodes are waited for. */
  readonly isSettled?: (answers: readonly T[]) => boolean;
}

/** Asks all nodes at once; resolves when every node has answered or failed, or the answers settle the question. Never rejects. */
export function askNodes<N extends { readonly name: string }, T>(
  nodes: readonly N[],
  ask: (node: N) => Promise<T>,
  options: AskOptions<T>,
): Promise<NodeVotes<T>> {
  const answers: T[] = [];
  const failures: Error[] = [];
  return new Promise((resolve) => {
    const count = (): void => {
      if (answers.length + failures.length === nodes.length || options.isSettled?.(answers) === true)
        resolve({ answers: [...answers], failures: [...failures] });
    };
    for (const node of nodes) {
      withDeadline(ask(node), options.timeoutMs, node.name).then(
        (answer) => {
          answers.push(answer);
          count();
        },
        (error: unknown) => {
          failures.push(error instanceof Error ? error : new Error(String(error)));
          count();
        },
      );
    }
  });
}

/** The answers, if a majority of the nodes gave one. @throws the first failure (REDIS_UNREACHABLE and its like) otherwise */
export function requireMajority<T>(votes: NodeVotes<T>, nodeCount: number): readonly T[] {
  if (votes.answers.length >= majorityOf(nodeCount)) return votes.answers;
  const [first] = votes.failures;
  if (first instanceof HeavisideError) throw first;
  throw new HeavisideError('REDIS_UNREACHABLE', first?.message ?? 'too few Redis nodes answered');
}

/**
 * The answers of the first majority of the nodes: what was written to a majority is among them, and a slow node is not waited for.
 * @throws as requireMajority
 */
export async function askMajority<N extends { readonly name: string }, T>(
  nodes: readonly N[],
  ask: (node: N) => Promise<T>,
  timeoutMs: number,
): Promise<readonly T[]> {
  const majority = majorityOf(nodes.length);
  const votes = await askNodes(nodes, ask, { timeoutMs, isSettled: (answers) => answers.length >= majority });
  return requireMajority(votes, nodes.length);
}
