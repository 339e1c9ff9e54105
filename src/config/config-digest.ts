import { createHash } from 'node:crypto';

import { describeConfig, type Config } from './config.ts';
import type { OptionName } from './options.ts';

// What replicas on one machine must have each for itself.
const ownOptions: readonly OptionName[] = ['replica_name', 'http_port', 'jmx_port', 'spill_directory'];

/** SHA-256 (hex) of every option's value but a replica's own, secrets left out: tells whether two replicas run the same configuration. */
export function configDigest(config: Config): string {
  const shared = Object.entries(describeConfig(config)).filter(
    ([name]) => !ownOptions.includes(name as OptionName),
  );
  return createHash('sha256').update(JSON.stringify(shared)).digest('hex');
}
