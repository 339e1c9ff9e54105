import { describe, expect, it } from 'vitest';
import { askMajority, askNodes } from '../../../src/redis/node-votes.ts';

const nodes = [1, 2, 3].map((id) => ({ name: `n${id}`, id }));
const never = new Promise<number>(() => undefined);

describe('askNodes', () => {
  it('counts a node that hangs as failed after its time', async () => {
    const votes = await askNodes(nodes, (node) => (node.id === 2 ? never : Promise.resolve(node.id)), {
      timeoutMs: 30,
    });
    expect(votes.answers).toEqual([1, 3]);
    expect(votes.failures).toMatchObject([
      { code: 'REDIS_UNREACHABLE', message: expect.stringContaining('n2') as string },
    ]);
  });
});

describe('askMajority', () => {
  it('does not wait for the node that hangs', async () => {
    const startMs = performance.now();
    expect(
      await askMajority(nodes, (node) => (node.id === 1 ? never : Promise.resolve(node.id)), 300),
    ).toEqual([2, 3]);
    expect(performance.now() - startMs).toBeLessThan(100);
    // Its timer ends by itself; the runner would count it as a leak.
    await new Promise((resolve) => setTimeout(resolve, 320));
  });

  it('rejects with what the nodes said when too few answer', async () => {
    const ask = (node: { id: number }): Promise<number> =>
      node.id === 1 ? Promise.resolve(1) : Promise.reject(new Error(`down ${node.id}`));
    await expect(askMajority(nodes, ask, 100)).rejects.toMatchObject({
      code: 'REDIS_UNREACHABLE',
      message: 'down 2',
    });
  });
});
