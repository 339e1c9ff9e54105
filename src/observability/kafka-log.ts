import type { Log } from './log.ts';

/** A line of kafkajs, as its `logCreator` gets it. */
export interface KafkaLogEntry {
  readonly namespace: string;
  /** ERROR 1, WARN 2, INFO 4, DEBUG 5. */
  readonly level: number;
  readonly log: { readonly message: string; readonly [field: string]: unknown };
}

/** kafkajs's `logCreator`: its lines as ours, at their level, with kafkajs's namespace as a field. */
export function kafkaLogCreator(log: Log): () => (entry: KafkaLogEntry) => void {
  return () => (entry) => {
    // pino writes a time of its own; the logger's name is what `driver` says.
    const { message, timestamp: _timestamp, logger: _logger, ...fields } = entry.log;
    const line = { driver: 'kafkajs', namespace: entry.namespace, ...fields };
    if (entry.level <= 1) log.error(line, message);
    else if (entry.level === 2) log.warn(line, message);
    else if (entry.level === 4) log.info(line, message);
    else log.debug(line, message);
  };
}
