import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { statusDocument } from '../../../src/health/status-document.ts';

const { html, headers } = statusDocument(['/metrics', '/status']);
const inside = (tag: string): string => new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(html)?.[1] ?? '';

/** Anything: every property of it and every call of it is such a thing again. */
const anything: object = new Proxy(function nothing() {}, {
  get: (_target, key) => (key === Symbol.iterator ? () => [][Symbol.iterator]() : anything),
  apply: () => anything,
  construct: () => anything,
  set: () => true,
});

describe('the status page', () => {
  it('allows its own style and script by their hashes, and nothing else', () => {
    const policy = headers['content-security-policy'] ?? '';
    const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64');
    expect(inside('style').length).toBeGreaterThan(1000);
    expect(policy).toContain(`style-src 'sha256-${hashOf(inside('style'))}';`);
    expect(policy).toContain(`script-src 'sha256-${hashOf(inside('script'))}';`);
    expect(policy).toContain("default-src 'none'");
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(html).not.toMatch(/ (?:style|on[a-z]+)=/);
  });

  it('links to the pages', () => {
    expect(html).toContain('<a href="/metrics">/metrics</a>');
    expect(html).toContain('<a href="/status">/status</a>');
  });

  it('asks the replica for its history and its status, below the path at which it stands', async () => {
    const asked: string[] = [];
    const fetched = (url: string): Promise<never> => {
      asked.push(url);
      return Promise.reject(new Error('away'));
    };
    const never = { setTimeout: () => undefined };
    runInNewContext(inside('script'), {
      ...never,
      document: anything,
      location: { pathname: '/replicas/a/' },
      fetch: fetched,
      AbortSignal,
      Date,
    });
    await expect.poll(() => asked).toEqual(['/replicas/a/history', '/replicas/a/status']);
  });
});
