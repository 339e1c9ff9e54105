import { OptionValueError } from './option-type.ts';
import { Secret } from './secret.ts';

/** One Redis node of the election: a server, or a Sentinel group that counts as one. */
export interface RedisNode {
  /** `redis://`, `rediss://` or `redis+sentinel://` with whatever credentials it holds. */
  readonly url: Secret;
  /** The same without credentials, for logs and `status`. */
  readonly label: string;
}

const schemes = ['redis:', 'rediss:', 'redis+sentinel:', 'rediss+sentinel:'];

// WHATWG URLs hold one host; a Sentinel URL names several, so the authority is taken apart by hand.
const redisUrl =
  /^(?<scheme>[a-z+]+:)\/\/(?:(?<credentials>[^@/]*)@)?(?<hosts>[^@/?#]+)(?<rest>[/?][^#]*)?$/u;

/**
 * `redis://[user:password@]host[:port][/db]`, or `redis+sentinel://[user:password@]host[:port][;host[:port]…]/group[/db]`.
 * @throws OptionValueError that never holds the credentials
 */
export function parseRedisNode(text: string): RedisNode {
  const groups = redisUrl.exec(text)?.groups;
  const scheme = groups?.['scheme'];
  const hosts = groups?.['hosts'];
  if (scheme === undefined || hosts === undefined || !schemes.includes(scheme)) {
    throw new OptionValueError('a node is a redis://, rediss:// or redis+sentinel:// URL');
  }
  const rest = groups?.['rest'] ?? '';
  if (scheme.includes('sentinel') && !/^\/[^/?]+/u.test(rest)) {
    throw new OptionValueError(`${scheme}//${hosts} names no group: redis+sentinel://HOST:PORT/GROUP`);
  }
  return { url: new Secret(text), label: `${scheme}//${hosts}${rest.replace(/\?.*$/u, '')}` };
}

/** The node with these credentials, unless its URL has its own. */
export function withCredentials(
  node: RedisNode,
  username: string | null,
  password: Secret | null,
): RedisNode {
  const url = node.url.reveal();
  if (password === null || /^[a-z+]+:\/\/[^/]*@/u.test(url)) return node;
  const complete = (): string => {
    const credentials = `${encodeURIComponent(username ?? '')}:${encodeURIComponent(password.reveal())}@`;
    return url.replace('://', () => `://${credentials}`);
  };
  return { url: new Secret(complete(), complete), label: node.label };
}
