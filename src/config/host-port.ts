import { OptionValueError } from './option-type.ts';

export interface HostPort {
  readonly host: string;
  /** 1 to 65535; null where none was written. */
  readonly port: number | null;
}

/** `host`, `host:port`, `[::1]`, `[::1]:port`, or a bare IPv6 address. @throws OptionValueError */
export function parseHostPort(text: string): HostPort {
  const match =
    /^\[(?<host>[0-9a-f:.%]+)\](?::(?<port>\d+))?$/iu.exec(text) ??
    /^(?<host>[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*)$/iu.exec(text) ??
    /^(?<host>[\w.-]+)(?::(?<port>\d+))?$/u.exec(text);
  const host = match?.groups?.['host'];
  if (host === undefined) throw new OptionValueError(`"${text}" is not HOST or HOST:PORT`);
  const port = match?.groups?.['port'];
  if (port === undefined) return { host, port: null };
  if (Number(port) < 1 || Number(port) > 65535)
    throw new OptionValueError(`the port of "${text}" is not 1 to 65535`);
  return { host, port: Number(port) };
}

/** A broker's address as Kafka's clients take it, `HOST:PORT`, with or without the listener's protocol in front. @throws OptionValueError */
export function parseBroker(text: string): string {
  const { host, port } = parseHostPort(text.replace(/^[A-Z_]+:\/\//u, ''));
  if (port === null) throw new OptionValueError(`"${text}" has no port`);
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
