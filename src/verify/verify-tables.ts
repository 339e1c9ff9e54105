import { kafkaNetworkFactory } from '../assembly/kafka-settings.ts';
import { sourceAddresses } from '../assembly/source-settings.ts';
import type { SourceAddress } from '../binlog/mysql-client.ts';
import type { Config } from '../config/config.ts';
import { asHeavisideError, HeavisideError } from '../errors.ts';
import type { Log } from '../observability/log.ts';
import { openSourceSession, type SourceSession } from './source-session.ts';
import type { TableResult } from './table-result.ts';
import { refuseUnverifiable } from './verified-topics.ts';
import { verifyTable, type VerifyChoices } from './verify-table.ts';

/** The first address of the source that answers. */
async function openSource(config: Config): Promise<{ session: SourceSession; address: SourceAddress }> {
  let failure: HeavisideError | null = null;
  for (const address of sourceAddresses(config)) {
    try {
      return { session: await openSourceSession(address), address };
    } catch (error) {
      failure = asHeavisideError(error);
      if (failure.reaction !== 'retry') throw failure;
    }
  }
  throw failure ?? new HeavisideError('CONFIG_INVALID', 'no source host is given');
}

/**
 * Compares tables one after the other, each with a snapshot of its own.
 * @throws VERIFY_IMPOSSIBLE, VERIFY_NOT_REACHED, and what source and Kafka say
 */
export async function* verifyTables(
  config: Config,
  tables: readonly (readonly [database: string, name: string])[],
  { log, ...choices }: VerifyChoices & { readonly log: Log },
): AsyncGenerator<TableResult> {
  refuseUnverifiable(config, tables);
  const network = kafkaNetworkFactory(config, log)();
  try {
    for (const [database, name] of tables) {
      const { session, address } = await openSource(config);
      try {
        const usesGtid = config.source.gtidMode ?? session.identity.hasGtid;
        yield await verifyTable({ ...choices, config, network, session, address, usesGtid }, database, name);
      } finally {
        session.close();
      }
    }
  } finally {
    network.destroy();
  }
}
