import type { OptionName } from '../../src/config/options.ts';

/** Options that no test can see being passed over, and why. */
export const unprovableOptions: Partial<Record<OptionName, string>> = {
  kafka_version: 'accepted without effect: the versions are agreed with the brokers',
  'kafka.retries':
    'accepted without effect: a batch is tried again until it is written or the leadership ends',
  position_file_sync: 'what has reached the disk shows only when the power fails',
  'kafka.ssl.truststore.type':
    'PEM is the only value that is taken; the others are refused with the way to export them',
  'kafka.ssl.keystore.type':
    'PEM is the only value that is taken; the others are refused with the way to export them',
};

/** Options that are read before the others, so that the runner cannot drop them behind the parser. */
export const unforcedOptions: Partial<Record<OptionName, string>> = {
  config: 'names the file that the others come from',
  env_config: 'names the variable that the others come from',
  env_config_prefix: 'names the variables that the others come from',
};

/** Options that are read by the product while no test carries their name: a new option may not come among them. */
export const openOptions: ReadonlySet<OptionName> = new Set(['shutdown_timeout_ms']);
