import type { SchemaIds } from '../model/schema-ids.ts';
import { HeavisideError } from '../errors.ts';

export interface SchemaRegistryOptions {
  /** Where its `/subjects` stand, for example `http://registry:8081`. */
  readonly url: string;
  readonly username: string | null;
  readonly password: { reveal(): string } | null;
  /** Milliseconds for one request, its answer included. */
  readonly timeoutMs: number;
}

const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json';
const MAX_ID = 2 ** 31 - 1;
/** Characters of the registry's own words that an error repeats. */
const MAX_WORDS = 500;

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Turns an answer that is no success into the error that the stream ends with. */
function refusal({ status, body }: Answer, subject: string): HeavisideError {
  const { message } = body;
  const words = typeof message === 'string' && message !== '' ? `: ${message.slice(0, MAX_WORDS)}` : '';
  if (status === 409 || status === 422) {
    const what = status === 409 ? 'incompatible with what is registered' : 'refused';
    return new HeavisideError(
      'AVRO_SCHEMA_INCOMPATIBLE',
      `the schema of subject ${subject} is ${what}${words}`,
    );
  }
  if (status === 401 || status === 403) {
    return new HeavisideError(
      'SCHEMA_REGISTRY_ACCESS_DENIED',
      `the schema registry answered ${status}${words}`,
    );
  }
  return new HeavisideError(
    'SCHEMA_REGISTRY_UNREACHABLE',
    `the schema registry answered ${status} for subject ${subject}${words}`,
  );
}

/**
 * Confluent's Schema Registry API (and what speaks it: Karapace, Apicurio under `/apis/ccompat/v7`). Ids are kept for the
 * life of the process, so an outage of the registry stops nothing but schemas that were not seen before.
 */
export class SchemaRegistry implements SchemaIds {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #ids = new Map<string, number>();

  constructor({ url, username, password, timeoutMs }: SchemaRegistryOptions) {
    this.#base = url.replace(/\/+$/u, '');
    const credentials = `${username ?? ''}:${password?.reveal() ?? ''}`;
    this.#headers = {
      accept: MEDIA_TYPE,
      'content-type': MEDIA_TYPE,
      ...(username === null ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
    };
    this.#timeoutMs = timeoutMs;
  }

  idOf(subject: string, schema: string): number | undefined {
    return this.#ids.get(`${subject}\0${schema}`);
  }

  async register(subject: string, schema: string): Promise<number> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    const answer = await this.#request(path, JSON.stringify({ schema }));
    if (answer.status !== 200) throw refusal(answer, subject);
    const { id } = answer.body;
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > MAX_ID) {
      throw new HeavisideError(
        'SCHEMA_REGISTRY_UNREACHABLE',
        `the answer for subject ${subject} holds no id`,
      );
    }
    this.#ids.set(`${subject}\0${schema}`, id);
    return id;
  }

  /** Rejects where the registry does not answer, or not with its list of subjects. */
  async prove(): Promise<void> {
    const answer = await this.#request('/subjects', null);
    if (answer.status !== 200) throw refusal(answer, '*');
  }

  async #request(path: string, body: string | null): Promise<Answer> {
    try {
      const response = await fetch(this.#base + path, {
        method: body === null ? 'GET' : 'POST',
        headers: this.#headers,
        body,
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      const text = await response.text();
      return { status: response.status, body: parseObject(text) };
    } catch (cause) {
      const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
      const words = reason instanceof Error ? reason.message : String(reason);
      throw new HeavisideError(
        'SCHEMA_REGISTRY_UNREACHABLE',
        `the schema registry does not answer: ${words}`,
        { cause },
      );
    }
  }
}

/** The object that a text holds; an empty one where it holds something else, as a proxy's page. */
function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
