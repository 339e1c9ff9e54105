import type { LoadShape } from './load.ts';
import type { ReplaySettings } from './peers/peer.ts';
import type { TableShape } from './table-shape.ts';

/** One point of the bench: a load and how it is replayed. */
export interface Point {
  readonly factor: Factor;
  /** What differs from the base case. */
  readonly label: string;
  /** Where it stands on the axis of its factor, for the plots of growth; null: on none. */
  readonly x: number | null;
  /** Points of one load share what was written into the binlog. */
  readonly loadName: string;
  readonly load: LoadShape;
  readonly settings: ReplaySettings;
  /** Whether Debezium is measured here too: a start of its JVM for each run is most of the bench's time. */
  readonly hasDebezium: boolean;
}

export type Factor =
  | 'base'
  | 'columns'
  | 'row width'
  | 'operation'
  | 'transaction size'
  | 'tables'
  | 'partitions'
  | 'compression'
  | 'format';

/** The names on the axes of growth: what x counts. */
export const growthFactors: Readonly<Partial<Record<Factor, string>>> = {
  columns: 'columns of the table',
  'row width': 'bytes of text in a row',
  'transaction size': 'rows of a transaction',
  tables: 'tables',
  partitions: 'partitions of the topic',
};

const baseShape: TableShape = { columns: 8, textBytes: 0 };
const baseSettings: ReplaySettings = {
  compression: 'none',
  format: 'json',
  partitions: 4,
  topicPerTable: false,
};

/** Rows of 8 columns, inserted 1,000 a transaction into one table; JSON, no compression, 4 partitions. */
export function basePoint(rows: number): Point {
  return {
    factor: 'base',
    label: 'base case',
    x: null,
    loadName: 'base',
    load: { operation: 'insert', shape: baseShape, tables: 1, rows, rowsPerTransaction: 1000 },
    settings: baseSettings,
    hasDebezium: true,
  };
}

/** The base case, and every other point that differs from it in one thing. @param rows of the base case */
export function allPoints(rows: number): Point[] {
  const base = basePoint(rows);
  const part = (share: number): number => Math.ceil((rows * share) / 1000) * 1000;
  const load = (
    factor: Factor,
    label: string,
    x: number | null,
    { hasDebezium = false, ...changed }: Partial<LoadShape> & { readonly hasDebezium?: boolean },
  ): Point => ({
    ...base,
    factor,
    label,
    x,
    loadName: `${factor}_${label}`.replaceAll(/[^a-z0-9]+/gi, '_'),
    load: { ...base.load, rows: part(0.3), ...changed },
    hasDebezium,
  });
  const settings = (
    factor: Factor,
    label: string,
    x: number | null,
    changed: Partial<ReplaySettings>,
  ): Point => ({
    ...base,
    factor,
    label,
    x,
    settings: { ...baseSettings, ...changed },
    hasDebezium: false,
  });
  const shape = (columns: number, textBytes = 0): Partial<LoadShape> => ({ shape: { columns, textBytes } });
  return [
    base,
    load('columns', '2 columns (narrow)', 2, shape(2)),
    load('columns', '36 columns (wide)', 36, { ...shape(36), rows: part(0.2), hasDebezium: true }),
    load('columns', '127 columns', 127, { ...shape(127), rows: part(0.04) }),
    load('row width', '1,000 bytes of text', 1000, { ...shape(8, 1000), rows: part(0.2) }),
    load('row width', '10,000 bytes of text', 10_000, { ...shape(8, 10_000), rows: part(0.03) }),
    load('operation', 'updates', null, { operation: 'update', rows: part(0.5), hasDebezium: true }),
    load('operation', 'deletes', null, { operation: 'delete' }),
    load('transaction size', '1 row', 1, { rowsPerTransaction: 1, rows: part(0.15) }),
    load('transaction size', '100 rows', 100, { rowsPerTransaction: 100 }),
    load('transaction size', '100,000 rows', 100_000, { rowsPerTransaction: 100_000, rows: 200_000 }),
    load('tables', '100 tables', 100, { tables: 100 }),
    load('tables', '1,000 tables', 1000, { tables: 1000 }),
    settings('partitions', '1 partition', 1, { partitions: 1 }),
    settings('partitions', '64 partitions', 64, { partitions: 64 }),
    settings('compression', 'snappy', null, { compression: 'snappy' }),
    settings('compression', 'lz4', null, { compression: 'lz4' }),
    settings('compression', 'zstd', null, { compression: 'zstd' }),
    settings('format', 'Avro', null, { format: 'avro' }),
  ];
}

/** Where the base case stands on each axis of growth. */
export const baseOnAxis: Readonly<Partial<Record<Factor, number>>> = {
  columns: 8,
  'transaction size': 1000,
  tables: 1,
  partitions: 4,
};

/** Loads that are large in one way, for their memory. */
export function memoryPoints(): (Omit<Point, 'factor'> & { readonly factor: 'memory' })[] {
  const base = basePoint(0);
  const point = (
    label: string,
    load: Partial<LoadShape>,
    settings: Partial<ReplaySettings> = {},
  ): Omit<Point, 'factor'> & { readonly factor: 'memory' } => ({
    ...base,
    factor: 'memory',
    label,
    loadName: `memory_${label}`.replaceAll(/[^a-z0-9]+/gi, '_'),
    load: { ...base.load, ...load },
    settings: { ...baseSettings, ...settings },
    hasDebezium: false,
  });
  return [
    point('one transaction of 1,000,000 rows', { rows: 1_000_000, rowsPerTransaction: 1_000_000 }),
    point('transactions of one row', { rows: 200_000, rowsPerTransaction: 1 }),
    point('a table of 1,000 columns', {
      shape: { columns: 1000, textBytes: 0, isCompact: true },
      rows: 4000,
      rowsPerTransaction: 100,
    }),
    point('rows of 1 MB', { shape: { columns: 2, textBytes: 1_000_000 }, rows: 300, rowsPerTransaction: 10 }),
    point(
      '1,000 tables, a topic each',
      { tables: 1000, rows: 200_000 },
      { topicPerTable: true, partitions: 1 },
    ),
  ];
}
