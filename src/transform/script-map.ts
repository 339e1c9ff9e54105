/** What a script's map keeps its entries in. */
export interface MapEntries {
  names(): string[];
  has(name: string): boolean;
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  delete(name: string): boolean;
}

type MapMethod = (entries: MapEntries, first: unknown, second: unknown) => unknown;

const valueOrNull = (entries: MapEntries, name: unknown): unknown => entries.get(String(name)) ?? null;

const put: MapMethod = (entries, name, value) => {
  const before = valueOrNull(entries, name);
  entries.set(String(name), value);
  return before;
};

/** Java's methods of a map, as far as scripts call them. They come before an entry of the same name, which `get` still gives. */
const mapMethods: ReadonlyMap<string, MapMethod> = new Map<string, MapMethod>([
  ['get', valueOrNull],
  [
    'getOrDefault',
    (entries, name, fallback) => (entries.has(String(name)) ? entries.get(String(name)) : fallback),
  ],
  ['put', put],
  ['putIfAbsent', (entries, name, value) => valueOrNull(entries, name) ?? put(entries, name, value)],
  [
    'putAll',
    (entries, other) => {
      for (const [name, value] of Object.entries(other as object)) entries.set(name, value);
    },
  ],
  [
    'remove',
    (entries, name) => {
      const before = valueOrNull(entries, name);
      entries.delete(String(name));
      return before;
    },
  ],
  [
    'clear',
    (entries) => {
      for (const name of entries.names()) entries.delete(name);
    },
  ],
  ['containsKey', (entries, name) => entries.has(String(name))],
  ['keySet', (entries) => entries.names()],
  ['values', (entries) => entries.names().map((name) => entries.get(name))],
  ['size', (entries) => entries.names().length],
  ['isEmpty', (entries) => entries.names().length === 0],
  [
    'forEach',
    (entries, visit) => {
      for (const name of entries.names())
        (visit as (name: string, value: unknown) => void)(name, entries.get(name));
    },
  ],
  ['toJSON', (entries) => Object.fromEntries(entries.names().map((name) => [name, entries.get(name)]))],
]);

class MapHandler implements ProxyHandler<object> {
  readonly #entries: MapEntries;

  constructor(entries: MapEntries) {
    this.#entries = entries;
  }

  get(_: object, name: string | symbol): unknown {
    if (typeof name === 'symbol') return undefined;
    const entries = this.#entries;
    const method = mapMethods.get(name);
    if (method === undefined) return entries.get(name);
    return (first: unknown, second: unknown) => method(entries, first, second);
  }

  set(_: object, name: string | symbol, value: unknown): boolean {
    if (typeof name === 'symbol') return false;
    this.#entries.set(name, value);
    return true;
  }

  has(_: object, name: string | symbol): boolean {
    return typeof name === 'string' && (this.#entries.has(name) || mapMethods.has(name));
  }

  deleteProperty(_: object, name: string | symbol): boolean {
    if (typeof name === 'string') this.#entries.delete(name);
    return true;
  }

  ownKeys(): string[] {
    return this.#entries.names();
  }

  getOwnPropertyDescriptor(_: object, name: string | symbol): PropertyDescriptor | undefined {
    if (typeof name === 'symbol' || !this.#entries.has(name)) return undefined;
    return { value: this.#entries.get(name), writable: true, enumerable: true, configurable: true };
  }
}

/** An object with entries as properties and with the methods of a Java map, which is what Maxwell gives a script. */
export function scriptMap(entries: MapEntries): object {
  return new Proxy(Object.create(null) as object, new MapHandler(entries));
}

/** Entries in memory: the state of a script. */
export class PlainEntries implements MapEntries {
  readonly #entries = new Map<string, unknown>();

  names(): string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  get(name: string): unknown {
    return this.#entries.get(name);
  }

  set(name: string, value: unknown): void {
    this.#entries.set(name, value);
  }

  delete(name: string): boolean {
    return this.#entries.delete(name);
  }
}
