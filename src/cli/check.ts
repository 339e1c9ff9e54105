import { readFileSync } from 'node:fs';
import { BinlogPort } from '../assembly/source-port.ts';
import { rowScript, schemaRegistry } from '../assembly/encode-settings.ts';
import { kafkaFindings } from '../assembly/kafka-findings.ts';
import { redisFindings } from '../assembly/redis-findings.ts';
import type { SourceFinding } from '../binlog/source-checks.ts';
import { compareEnvironments } from '../assembly/compare-environments.ts';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import { text } from '../config/option-type.ts';
import { asHeavisideError, type HeavisideError } from '../errors.ts';
import type { Log } from '../observability/log.ts';
import { jsonFlag, type Command, type FlagValues } from './command.ts';
import { openCommandLog } from './command-log.ts';
import type { SchemaRegistry } from '../registry/schema-registry.ts';

interface Section {
  readonly name: string;
  readonly findings: readonly SourceFinding[];
}

const marks = { ok: ' ok ', warning: 'WARN', error: 'FAIL' } as const;

async function section(name: string, look: () => Promise<readonly SourceFinding[]>): Promise<Section> {
  try {
    return { name, findings: await look() };
  } catch (cause) {
    const error: HeavisideError = asHeavisideError(cause);
    return {
      name,
      findings: [{ code: error.code, severity: 'error', message: error.message, fix: error.hint }],
    };
  }
}

/** Loads the script as a run would. */
function scriptFindings(config: LoadedConfig['config'], log: Log): Promise<readonly SourceFinding[]> {
  rowScript(config, log);
  const message = `${config.script?.path ?? ''} defines what it needs`;
  return Promise.resolve([{ code: 'SCRIPT_INVALID', severity: 'ok', message, fix: '' }]);
}

async function registryFindings(registry: SchemaRegistry): Promise<readonly SourceFinding[]> {
  await registry.prove();
  return [{ code: 'SCHEMA_REGISTRY_UNREACHABLE', severity: 'ok', message: 'it answers', fix: '' }];
}

/** Everything that a takeover would look at. */
async function lookAtServers({ config }: LoadedConfig): Promise<Section[]> {
  const log = openCommandLog(config, 'check');
  const registry = schemaRegistry(config);
  return [
    await section('source', () => new BinlogPort(config, log).findings()),
    ...(config.producer.kind === 'kafka' ? [await section('kafka', () => kafkaFindings(config, log))] : []),
    ...(config.script ? [await section('javascript', () => scriptFindings(config, log))] : []),
    ...(registry ? [await section('schema registry', () => registryFindings(registry))] : []),
    ...(config.ha.isEnabled ? [await section('redis', () => redisFindings(config, log))] : []),
  ];
}

/** The configuration against another file, which is taken without this environment's variables. */
function lookAtOther({ config }: LoadedConfig, path: string): Promise<Section[]> {
  const readFile = (each: string): string => readFileSync(each, 'utf8');
  const other = loadConfig({ argv: ['--config', path], env: {}, readFile });
  return Promise.resolve([{ name: 'against', findings: compareEnvironments(config, other.config) }]);
}

/** Each finding with its fix. Resolves to the exit code of the first error, else 0. */
async function check(loaded: LoadedConfig, flags: FlagValues): Promise<number> {
  const { warnings } = loaded;
  const against = flags.text('--against');
  const sections = await (against === null ? lookAtServers(loaded) : lookAtOther(loaded, against));
  const findings = sections.flatMap((each) => each.findings);
  if (flags.has('--json')) {
    process.stdout.write(`${JSON.stringify({ warnings, sections })}\n`);
  } else {
    for (const warning of warnings) process.stdout.write(`[WARN] configuration: ${warning}\n`);
    for (const { name, findings: found } of sections) {
      for (const { severity, message, fix } of found) {
        process.stdout.write(`[${marks[severity]}] ${name}: ${message}${fix ? `\n         → ${fix}` : ''}\n`);
      }
    }
    const count = (severity: SourceFinding['severity']): number =>
      findings.filter((each) => each.severity === severity).length;
    process.stdout.write(`${count('ok')} ok, ${count('warning')} warnings, ${count('error')} errors\n`);
  }
  const first = findings.find(({ severity }) => severity === 'error');
  return first ? asHeavisideError(new Error(first.message), first.code).exitCode : 0;
}

export const checkCommand: Command = {
  name: 'check',
  about: 'Looks at everything that a takeover needs, and changes nothing. Every finding comes with its fix.',
  usages: [
    {
      words: 'check',
      summary: 'Look at the configuration, the source, Kafka, the schema registry and Redis.',
    },
  ],
  flags: {
    '--json': jsonFlag,
    '--against': {
      type: text('FILE'),
      summary: 'Compare the configuration with that of another environment instead; no server is asked.',
    },
  },
  exitCodes: [
    { code: 0, meaning: 'No finding is an error; there may be warnings.' },
    {
      code: 1,
      meaning:
        '--against: consumers would see other records, or both would be one cluster; else what is wrong with the configuration.',
    },
  ],
  run: ({ load, flags }) => check(load(), flags),
};
