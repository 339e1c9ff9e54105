import { renameSync, writeFileSync } from 'node:fs';
import { HeavisideError } from '../errors.ts';
import type { VerifySummary } from '../model/verify-summary.ts';
import { verifyMetrics } from '../observability/verify-metrics.ts';
import type { TableResult } from './table-result.ts';

const escape = (label: string): string =>
  label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/** The results in Prometheus's text format. */
function renderMetricsFile(clientId: string, results: readonly TableResult[]): string {
  const summaries = results.map((result): VerifySummary => {
    const endedAt = Date.parse(result.at) / 1000;
    return { ...result, endedAt, equalAt: result.isEqual ? endedAt : null };
  });
  const lines: string[] = [];
  for (const { name, help, value } of verifyMetrics) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`);
    for (const summary of summaries) {
      const shown = value(summary);
      if (shown !== null)
        lines.push(`${name}{client_id="${escape(clientId)}",table="${escape(summary.table)}"} ${shown}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Writes it for the textfile collector of node_exporter: at once, so that it never reads half a file. @throws COMMAND_FAILED */
export function writeMetricsFile(path: string, clientId: string, results: readonly TableResult[]): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, renderMetricsFile(clientId, results));
    renameSync(draft, path);
  } catch (cause) {
    throw new HeavisideError('COMMAND_FAILED', `--metrics-file ${path} cannot be written`, { cause });
  }
}
