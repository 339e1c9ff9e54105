import { findForeignKey, foreignKeys } from './foreign-keys.ts';
import { nearestName } from './nearest-name.ts';
import { OptionValueError } from './option-type.ts';
import { isOptionName, optionNames, optionOf, type OptionName } from './options.ts';
import type { Setting, SettingSource } from './setting.ts';

/** Reads a file as text; throws what the file system throws. */
export type ReadFile = (path: string) => string;

/** What the settings of all places come to. */
export interface ResolvedSettings {
  /** The values that were given, by option. */
  readonly values: ReadonlyMap<OptionName, unknown>;
  /** Options that were given and could not be read. */
  readonly broken: ReadonlySet<OptionName>;
  readonly problems: string[];
  readonly warnings: string[];
}

interface ChosenSetting extends Setting {
  /** True where the text is the path of a file with the secret. */
  readonly isFile: boolean;
}

const suggestions: readonly string[] = [
  ...optionNames,
  ...foreignKeys.map(({ name }) => name).filter((name) => !name.endsWith('*')),
];

/** `password_file` is `password` from a file, for every secret. */
function choose(setting: Setting): ChosenSetting {
  const base = setting.key.replace(/_file$/u, '');
  const isFile = base !== setting.key && isOptionName(base) && optionOf(base).type.isSecret;
  return { ...setting, key: isFile ? base : setting.key, isFile };
}

/** Puts one source over those below it. */
function layOver(source: SettingSource, chosen: Map<string, ChosenSetting>, report: ResolvedSettings): void {
  const here = new Map<string, ChosenSetting>();
  for (const setting of source.settings.map(choose)) {
    const twin = here.get(setting.key);
    if (twin !== undefined && twin.isFile !== setting.isFile) {
      report.problems.push(
        `${setting.where}: ${setting.key} and ${setting.key}_file are both given: give one of the two`,
      );
    } else if (twin !== undefined) {
      report.warnings.push(
        `${setting.where}: ${setting.key} is given more than once (${twin.where}); the last one counts`,
      );
    }
    here.set(setting.key, setting);
    chosen.set(setting.key, setting);
  }
  report.problems.push(...source.problems);
}

function reportForeign(setting: ChosenSetting, report: ResolvedSettings): void {
  const { key, where } = setting;
  const place = where === `--${key}` ? where : `${where}: ${key}`;
  const foreign = findForeignKey(key);
  if (foreign !== undefined) {
    const value = setting.text
      .replace(/\s+#.*$/su, '')
      .trim()
      .toLowerCase();
    if (value === '' || foreign.harmless?.includes(value)) return;
    if (foreign.effect === 'refused') report.problems.push(`${place} is refused: ${foreign.reason}`);
    else report.warnings.push(`${place} is ignored: ${foreign.reason}`);
  } else if (setting.isShared) {
    report.warnings.push(`${place} is ignored: there is no such option`);
  } else {
    const nearest = nearestName(key, suggestions);
    report.problems.push(`${place} is unknown${nearest === undefined ? '' : `: did you mean ${nearest}?`}`);
  }
}

const readSecret = (path: string, readFile: ReadFile): string => readFile(path).replace(/\r?\n$/u, '');

/** @throws OptionValueError where a secret's file cannot be read */
function textOf(setting: ChosenSetting, readFile: ReadFile): string {
  if (!setting.isFile) return setting.text;
  try {
    return readSecret(setting.text, readFile);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new OptionValueError(`the file ${setting.text} cannot be read (${code})`);
  }
}

/**
 * Reads the settings of all sources, those later in the list over those before; each option is parsed once, where its
 * last setting stands. Nothing is thrown: problems and warnings are collected.
 */
export function resolveSettings(sources: readonly SettingSource[], readFile: ReadFile): ResolvedSettings {
  const values = new Map<OptionName, unknown>();
  const broken = new Set<OptionName>();
  const report: ResolvedSettings = { values, broken, problems: [], warnings: [] };
  const chosen = new Map<string, ChosenSetting>();
  for (const source of sources) layOver(source, chosen, report);
  for (const setting of chosen.values()) {
    const { key, where } = setting;
    if (!isOptionName(key)) {
      reportForeign(setting, report);
      continue;
    }
    const { type, emptyIsValue } = optionOf(key);
    const place = where === `--${key}` ? where : `${where}: ${key}`;
    if (setting.problem !== undefined) {
      broken.add(key);
      report.problems.push(`${place} ${setting.problem}`);
      continue;
    }
    try {
      const text = textOf(setting, readFile);
      // An empty value, such as a chart renders for what is not set, gives the default back.
      if (text.trim() === '' && !emptyIsValue) continue;
      const reread = (): string => readSecret(setting.text, readFile);
      values.set(key, setting.isFile ? type.parse(text, reread) : type.parse(text));
      if (type.keepsComments && !type.isSecret && /\s#/u.test(text)) {
        report.warnings.push(
          `${place}: "#" and what follows is part of the value, as a comment has a line of its own`,
        );
      }
    } catch (error) {
      if (!(error instanceof OptionValueError)) throw error;
      broken.add(key);
      report.problems.push(`${place}: ${error.message}`);
    }
  }
  return report;
}
