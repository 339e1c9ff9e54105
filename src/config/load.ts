import { HeavisideError } from '../errors.ts';
import { readArguments } from './cli-arguments.ts';
import { buildConfig, type Config } from './config.ts';
import { contradictions } from './contradictions.ts';
import { deriveValues, type DraftValues } from './derive.ts';
import {
  readEnvironment,
  readGtidModeEnvironment,
  readJsonEnvironment,
  readMemoryEnvironment,
  readPrefixedEnvironment,
  type Environment,
} from './environment.ts';
import { kafkaContradictions } from './kafka-contradictions.ts';
import { optionNames, optionOf, type OptionName } from './options.ts';
import { parseProperties, type Property } from './properties.ts';
import { resolveSettings, type ReadFile, type ResolvedSettings } from './setting-resolver.ts';
import type { Setting, SettingSource } from './setting.ts';

export interface LoadInputs {
  /** What follows the command: options only. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly readFile: ReadFile;
}

export interface LoadedConfig {
  readonly config: Config;
  /** For the log, each once. */
  readonly warnings: readonly string[];
}

const defaultPath = './config.properties';
const nothing: SettingSource = { settings: [], problems: [] };

/** The last setting of a key that decides where others are read from. */
const lastText = (key: OptionName, ...sources: readonly SettingSource[]): string | undefined =>
  sources
    .flatMap(({ settings }) => settings)
    .filter((setting) => setting.key === key && setting.text.trim() !== '')
    .at(-1)
    ?.text.trim();

/** Guides set the heap by `export MAXWELL_MEMORY=2g` among the options: a line of the environment inside the file. */
function exportedSettings({ value, line }: Property, path: string): Setting[] {
  const where = `${path}:${line}`;
  const [, name, quoted = ''] = /^(\w+)=(.*)$/su.exec(value.trim()) ?? [];
  if (name === undefined) return [{ key: 'export', text: value, where }];
  const env = { [name]: quoted.replace(/^(["'])(.*)\1$/su, '$2') };
  const found = [readMemoryEnvironment(env), readEnvironment(env)].flatMap(({ settings }) => settings);
  return found.length === 0
    ? [{ key: name, text: '', where }]
    : found.map((setting) => ({ ...setting, where }));
}

function readSettingsFile(path: string, isOptional: boolean, readFile: ReadFile): SettingSource {
  let content: string;
  try {
    content = readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    if (isOptional && code === 'ENOENT') return nothing;
    throw new HeavisideError('CONFIG_FILE_UNREADABLE', `${path} cannot be read (${code})`, { cause: error });
  }
  try {
    const settings = parseProperties(content).flatMap((property): Setting[] =>
      property.key === 'export'
        ? exportedSettings(property, path)
        : [{ key: property.key, text: property.value, where: `${path}:${property.line}` }],
    );
    return { settings, problems: [] };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { settings: [], problems: [`${path}: ${error.message}`] };
  }
}

/** The places in order of precedence, lowest first. */
function gatherSources({ argv, env, readFile }: LoadInputs): SettingSource[] {
  const cli = readArguments(argv);
  const environment = readEnvironment(env);
  const path = lastText('config', environment, cli);
  const file = readSettingsFile(path ?? defaultPath, path === undefined, readFile);
  const jsonVariable = lastText('env_config', file, environment, cli);
  const prefix = lastText('env_config_prefix', file, environment, cli);
  return [
    readGtidModeEnvironment(env),
    file,
    jsonVariable === undefined ? nothing : readJsonEnvironment(env, jsonVariable),
    prefix === undefined ? nothing : readPrefixedEnvironment(env, prefix),
    readMemoryEnvironment(env),
    environment,
    cli,
  ];
}

function draftFrom({ values }: ResolvedSettings): DraftValues {
  const entries = optionNames.map((name) => [
    name,
    values.has(name) ? values.get(name) : optionOf(name).fallback,
  ]);
  // Each value was parsed by the type of its own option.
  return Object.fromEntries(entries) as DraftValues;
}

/** The text of the JavaScript filter: part of the configuration, as a change of it changes the stream. */
function readScript(path: string | null, readFile: ReadFile, problems: string[]): string | null {
  if (path === null) return null;
  try {
    return readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    problems.push(`javascript: ${path} cannot be read (${code})`);
    return null;
  }
}

/**
 * Reads the configuration: command line over `HEAVISIDE_…` environment over `env_config_prefix` over `env_config` over
 * file over defaults.
 * @throws HeavisideError CONFIG_INVALID with every problem at once, CONFIG_FILE_UNREADABLE
 */
export function loadConfig(inputs: LoadInputs): LoadedConfig {
  const resolved = resolveSettings(gatherSources(inputs), inputs.readFile);
  const { broken, problems, warnings } = resolved;
  const draft = draftFrom(resolved);
  const given = new Set(resolved.values.keys());
  deriveValues(draft, { given, warnings });
  for (const { reads, check } of [...contradictions, ...kafkaContradictions]) {
    const problem = reads.some((name) => broken.has(name)) ? undefined : check(draft);
    if (problem !== undefined) problems.push(problem);
  }
  const script = readScript(draft.javascript, inputs.readFile, problems);
  if (problems.length > 0) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    throw new HeavisideError(
      'CONFIG_INVALID',
      `${count} in the configuration:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
  }
  return { config: buildConfig(draft, script), warnings: [...new Set(warnings)] };
}
