import { environmentName, optionNames, optionOf } from './options.ts';
import type { Setting, SettingSource } from './setting.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const prefix = 'HEAVISIDE_';

/** Variables of tests and of the local stack, which are no options. */
const reserved = /^HEAVISIDE_(?:FAILPOINT|TEST|STACK)(?:S?$|S?_)/u;

/** Kubernetes puts the addresses of every service of the namespace into the environment; a service may be called heaviside. */
const serviceLink =
  /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?$/u;
const isServiceLink = (name: string, value: string): boolean =>
  serviceLink.test(name) && (!names.has(name) || /^(?:tcp|udp|sctp):\/\//u.test(value));

const names: ReadonlyMap<string, string> = new Map(
  optionNames.flatMap((name) =>
    (optionOf(name).type.isSecret ? [name, `${name}_file`] : [name]).map((key): [string, string] => [
      environmentName(key),
      key,
    ]),
  ),
);

/** Undoes `environmentName` for a name that is no option's: good enough to find the nearest one. */
const guessKey = (variable: string): string =>
  variable.slice(prefix.length).toLowerCase().replaceAll('__', '.');

/** Reads `HEAVISIDE_…`: upper case, `__` for a dot; `HEAVISIDE_PASSWORD_FILE` names a file with the secret. */
export function readEnvironment(env: Environment): SettingSource {
  const settings: Setting[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (
      text === undefined ||
      !variable.startsWith(prefix) ||
      reserved.test(variable) ||
      isServiceLink(variable, text)
    )
      continue;
    settings.push({ key: names.get(variable) ?? guessKey(variable), text, where: `environment ${variable}` });
  }
  return { settings, problems: [] };
}

/** `GTID_MODE`, whatever its value, makes gtid_mode true by default, as in Maxwell. */
export const readGtidModeEnvironment = (env: Environment): SettingSource =>
  env['GTID_MODE'] === undefined
    ? { settings: [], problems: [] }
    : { settings: [{ key: 'gtid_mode', text: 'true', where: 'environment GTID_MODE' }], problems: [] };

/** `MAXWELL_MEMORY`, the heap limit as launchers of Maxwell take it: `2g`. */
export const readMemoryEnvironment = (env: Environment): SettingSource => {
  const text = env['MAXWELL_MEMORY'];
  const where = 'environment MAXWELL_MEMORY';
  return { settings: text === undefined ? [] : [{ key: 'heap_limit_bytes', text, where }], problems: [] };
};

/** Reads Maxwell's `env_config_prefix`: the rest of a variable's name, in lower case, is the option. */
export function readPrefixedEnvironment(env: Environment, chosenPrefix: string): SettingSource {
  const settings: Setting[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (text === undefined || !variable.toLowerCase().startsWith(chosenPrefix.toLowerCase())) continue;
    // HEAVISIDE_ is read anyway, and MAXWELL_MEMORY by readMemoryEnvironment.
    if (variable.startsWith(prefix) || variable === 'MAXWELL_MEMORY' || serviceLink.test(variable)) continue;
    settings.push({
      key: variable.slice(chosenPrefix.length).toLowerCase(),
      text,
      where: `environment ${variable}`,
      isShared: true,
    });
  }
  return { settings, problems: [] };
}

/** Reads Maxwell's `env_config`: one JSON object of options in the variable; null members are passed over. */
export function readJsonEnvironment(env: Environment, variable: string): SettingSource {
  const where = `environment ${variable}`;
  let parsed: unknown;
  try {
    parsed = JSON.parse(env[variable] ?? '');
  } catch {
    return {
      settings: [],
      problems: [
        `${where} (env_config): ${env[variable] === undefined ? 'it is not set' : 'it is not JSON'}`,
      ],
    };
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return { settings: [], problems: [`${where} (env_config): it is not a JSON object`] };
  }
  const settings: Setting[] = [];
  const problems: string[] = [];
  for (const [key, value] of Object.entries(parsed)) {
    if (value === null) continue;
    if (typeof value === 'object') problems.push(`${where}: ${key} is not a text, number or boolean`);
    else settings.push({ key, text: String(value), where });
  }
  return { settings, problems };
}
