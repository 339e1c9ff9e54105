/** What came of one table, or of one partition. */
export interface Rate {
  readonly records: number;
  readonly bytes: number;
  readonly largestBytes: number;
  /** Records a second over the whole of the window. */
  readonly mean: number;
  /** Records a second in the busiest ten seconds. */
  readonly peak: number;
}

const BUCKET_SECONDS = 10;

class Count {
  records = 0;
  bytes = 0;
  largestBytes = 0;
  readonly #buckets = new Map<number, number>();

  add(seconds: number, bytes: number): void {
    this.records++;
    this.bytes += bytes;
    if (bytes > this.largestBytes) this.largestBytes = bytes;
    const bucket = Math.floor(seconds / BUCKET_SECONDS);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
  }

  rate(seconds: number): Rate {
    const { records, bytes, largestBytes } = this;
    const mean = seconds > 0 ? records / seconds : 0;
    const most = Math.max(0, ...this.#buckets.values());
    // Of less than a bucket there is no busiest one.
    return {
      records,
      bytes,
      largestBytes,
      mean,
      peak: Math.max(mean, seconds < BUCKET_SECONDS ? 0 : most / BUCKET_SECONDS),
    };
  }
}

/** Counts the records of one topic by table and by partition. */
export class RateMeter {
  readonly #all = new Count();
  readonly #tables = new Map<string, Count>();
  readonly #partitions = new Map<number, Count>();
  #first = Infinity;
  #last = -Infinity;

  /** @param seconds since 1970: when the change was committed */
  add(record: { table: string; partition: number; seconds: number; bytes: number }): void {
    const { table, partition, seconds, bytes } = record;
    if (seconds < this.#first) this.#first = seconds;
    if (seconds > this.#last) this.#last = seconds;
    this.#all.add(seconds, bytes);
    counted(this.#tables, table).add(seconds, bytes);
    counted(this.#partitions, partition).add(seconds, bytes);
  }

  get records(): number {
    return this.#all.records;
  }

  /** Seconds from the first change to the last, both counted. */
  get seconds(): number {
    return this.#all.records === 0 ? 0 : this.#last - this.#first + 1;
  }

  get all(): Rate {
    return this.#all.rate(this.seconds);
  }

  /** The busiest first. */
  get tables(): (Rate & { readonly table: string })[] {
    return [...this.#tables]
      .map(([table, count]) => ({ table, ...count.rate(this.seconds) }))
      .sort((a, b) => b.records - a.records);
  }

  get partitions(): (Rate & { readonly partition: number })[] {
    return [...this.#partitions]
      .map(([partition, count]) => ({ partition, ...count.rate(this.seconds) }))
      .sort((a, b) => b.records - a.records);
  }
}

function counted<K>(counts: Map<K, Count>, key: K): Count {
  let count = counts.get(key);
  if (count === undefined) counts.set(key, (count = new Count()));
  return count;
}
