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
  /** GTID → its place; a sort asks for each many times. */
  readonly #places = new Map<string, { readonly source: number; readonly number: number }>();

  /** @param sources the servers (MySQL) in the order in which they were written to */
  constructor(sources: readonly string[]) {
    this.#sources = sources.map((source) => source.toLowerCase());
  }

  compare(one: MessageId, other: MessageId): number {
    const a = this.#place(one.gtid);
    const b = this.#place(other.gtid);
    return a.source - b.source || a.number - b.number || one.index - other.index;
  }

  #place(gtid: string): { readonly source: number; readonly number: number } {
    let place = this.#places.get(gtid);
    if (place === undefined) {
      const { source, number } = parseGtid(gtid);
      this.#places.set(gtid, (place = { source: this.#sources.indexOf(source), number }));
    }
    return place;
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
