import type { Config } from '../config/config.ts';
import { PinoLog, type LogLevel } from '../observability/pino-logger.ts';

/** The log of a command that is no replica: `role` says which. */
export function openCommandLog(config: Config, role: string, level: LogLevel = 'error'): PinoLog {
  return PinoLog.open({
    level,
    context: () => ({ replica: config.replicaName, role, epoch: null, gtid: null }),
  });
}
