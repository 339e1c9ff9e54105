/** Reads the server's own texts: MySQL `uuid:1-5:7,uuid:3`, MariaDB `0-1-815,1-1-3` (the last one of each domain). */
export class GtidText {
  readonly #intervals = new Map<string, (readonly [number, number])[]>();

  constructor(text: string) {
    for (const part of text.replaceAll(/\s/g, '').split(',').filter(Boolean)) {
      const [source = '', ...ranges] = part.split(':');
      const mariadb = /^(\d+)-\d+-(\d+)$/.exec(source);
      if (mariadb !== null) this.#add(mariadb[1] ?? '', [1, Number(mariadb[2])]);
      for (const range of ranges) {
        const [low = '', high = low] = range.split('-');
        this.#add(source.toLowerCase(), [Number(low), Number(high)]);
      }
    }
  }

  has(gtid: string): boolean {
    const { source, number } = parseGtid(gtid);
    return (this.#intervals.get(source) ?? []).some(([low, high]) => low <= number && number <= high);
  }

  /** True where the other one has everything that this one has. */
  isWithin(other: GtidText): boolean {
    return [...this.#intervals].every(([source, intervals]) =>
      intervals.every(([low, high]) =>
        (other.#intervals.get(source) ?? []).some(([from, to]) => from <= low && high <= to),
      ),
    );
  }

  #add(source: string, interval: readonly [number, number]): void {
    this.#intervals.set(source, [...(this.#intervals.get(source) ?? []), interval]);
  }
}

/** The source (MySQL: the server's uuid; MariaDB: the domain) and the number in it. */
export function parseGtid(gtid: string): { readonly source: string; readonly number: number } {
  const mariadb = /^(\d+)-\d+-(\d+)$/.exec(gtid);
  if (mariadb !== null) return { source: mariadb[1] ?? '', number: Number(mariadb[2]) };
  const colon = gtid.lastIndexOf(':');
  return { source: gtid.slice(0, colon).toLowerCase(), number: Number(gtid.slice(colon + 1)) };
}

/** Where a row change stands in the binlog: comparable numbers, source by source as they led. */
export class BinlogOrder {
  readonly #sources: string[];

  /** @param sources the servers (MySQL) in the order in which they were written to */
  constructor(sources: readonly string[]) {
    this.#sources = sources.map((source) => source.toLowerCase());
  }

  compare(one: MessageId, other: MessageId): number {
    const a = parseGtid(one.gtid);
    const b = parseGtid(other.gtid);
    const sources = this.#sources.indexOf(a.source) - this.#sources.indexOf(b.source);
    return sources || a.number - b.number || one.index - other.index;
  }
}

/** The parts of the header `message_id`. */
export interface MessageId {
  readonly gtid: string;
  readonly index: number;
}

export function parseMessageId(text: string): MessageId {
  const hash = text.lastIndexOf('#');
  return { gtid: text.slice(0, hash), index: Number(text.slice(hash + 1)) };
}
