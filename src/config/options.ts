import type { Option } from './option.ts';
import { clusterOptions } from './options/cluster.ts';
import { kafkaSecurityOptions } from './options/kafka-security.ts';
import { kafkaOptions } from './options/kafka.ts';
import { filterOptions, outputOptions } from './options/output.ts';
import { monitoringOptions, processOptions } from './options/process.ts';
import { producerOptions } from './options/producer.ts';
import { snapshotOptions } from './options/snapshot.ts';
import { positionOptions, sourceOptions } from './options/source.ts';

/** Every option by its name in the file: the one table behind parser, environment, help, docs and the chart's schema. */
export const options = {
  ...sourceOptions,
  ...filterOptions,
  ...producerOptions,
  ...kafkaOptions,
  ...kafkaSecurityOptions,
  ...outputOptions,
  ...clusterOptions,
  ...positionOptions,
  ...snapshotOptions,
  ...monitoringOptions,
  ...processOptions,
} as const;

export type OptionName = keyof typeof options;

/** The value of every option, by its name in the file; null where it has none. */
export type OptionValues = {
  readonly [K in OptionName]: (typeof options)[K] extends Option<infer T> ? T : never;
};

/** The names of all options, in the order of the help. */
export const optionNames = Object.keys(options) as readonly OptionName[];

export const isOptionName = (name: string): name is OptionName => Object.hasOwn(options, name);

/** The option as one of unknown value type, for what treats all alike. */
export const optionOf = (name: OptionName): Option<unknown> => options[name] as Option<unknown>;

export interface OptionSection {
  readonly name: string;
  readonly title: string;
  readonly options: readonly OptionName[];
}

const section = (name: string, title: string, table: Partial<typeof options>): OptionSection => ({
  name,
  title,
  options: Object.keys(table) as OptionName[],
});

export const sections: readonly OptionSection[] = [
  section('source', 'Source', sourceOptions),
  section('filter', 'Filter', filterOptions),
  section('producer', 'Producer and topics', producerOptions),
  section('kafka', 'Kafka', kafkaOptions),
  section('security', 'Kafka: encryption and login', kafkaSecurityOptions),
  section('output', 'Output', outputOptions),
  section('cluster', 'Cluster and election', clusterOptions),
  section('position', 'Position', positionOptions),
  section('snapshot', 'Snapshots', snapshotOptions),
  section('monitoring', 'Metrics and HTTP', monitoringOptions),
  section('process', 'Process', processOptions),
];

/** The environment variable of an option: `kafka.batch.size` → `HEAVISIDE_KAFKA__BATCH__SIZE`. */
export const environmentName = (name: string): string =>
  `HEAVISIDE_${name.toUpperCase().replaceAll('.', '__')}`;
