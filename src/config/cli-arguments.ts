import { isOptionName, optionOf } from './options.ts';
import type { Setting, SettingSource } from './setting.ts';

const isFlag = (key: string): boolean => isOptionName(key) && optionOf(key).type.isFlag;

/** Reads `--key value`, `--key=value`, and bare `--key` for what is true or false. Everything else is a problem. */
export function readArguments(argv: readonly string[]): SettingSource {
  const settings: Setting[] = [];
  const problems: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    // The text itself may be a mistyped secret: only what looks like an option is repeated.
    const match = /^--(?<key>[A-Za-z][\w.-]*)(?:=(?<text>.*))?$/su.exec(word);
    const key = match?.groups?.['key'];
    if (key === undefined) {
      problems.push(`argument ${i + 1} is no option: options are written --name value`);
      continue;
    }
    const next = argv[i + 1];
    let text = match?.groups?.['text'];
    if (text === undefined && isFlag(key)) {
      text = next !== undefined && /^(true|false|auto)$/iu.test(next) ? argv[++i] : 'true';
    } else if (text === undefined && next !== undefined && !next.startsWith('--')) {
      text = argv[++i];
    }
    if (text === undefined) {
      const argument = isOptionName(key) ? optionOf(key).type.argument : 'VALUE';
      settings.push({
        key,
        text: '',
        where: `--${key}`,
        problem: `has no value: write --${key} ${argument}`,
      });
      continue;
    }
    settings.push({ key, text, where: `--${key}` });
  }
  return { settings, problems };
}
