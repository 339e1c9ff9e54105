import { createHash } from 'node:crypto';

import { describeConfig, type Config } from './config.ts';
import type { OptionName } from './options.ts';

// What replicas may have each for itself.
const ownOptions: readonly OptionName[] = [
  'config',
  'replica_name',
  'http_port',
  'http_bind_address',
  'jmx_port',
  'spill_directory',
];

/** SHA-256 (hex) of every option's value but a replica's own, and of the script; secrets left out: tells whether two replicas run the same configuration. */
export function configDigest(config: Config): string {
  const shared = Object.entries(describeConfig(config)).filter(
    ([name]) => !ownOptions.includes(name as OptionName),
  );
  return createHash('sha256')
    .update(JSON.stringify([config.script?.text, shared]))
    .digest('hex');
}
