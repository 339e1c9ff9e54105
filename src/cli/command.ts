import { OptionValueError, type OptionType } from '../config/option-type.ts';
import type { LoadedConfig } from '../config/load.ts';
import { HeavisideError } from '../errors.ts';

/** A flag of one command; it is no option of the product and stands on the command line only. */
export interface CommandFlag {
  /** What stands behind it; null: nothing. */
  readonly type: OptionType<unknown> | null;
  readonly summary: string;
}

export interface CommandUsage {
  /** The command with its words: `position set POSITION`. */
  readonly words: string;
  readonly summary: string;
}

export interface CommandCall {
  /** The words behind the command's name. */
  readonly words: readonly string[];
  readonly flags: FlagValues;
  /** Reads the configuration. @throws CONFIG_INVALID, CONFIG_FILE_UNREADABLE */
  readonly load: () => LoadedConfig;
}

/** A subcommand as help, docs/commands.md and the command line know it. */
export interface Command {
  readonly name: string;
  /** One sentence for the page: what it is for. */
  readonly about: string;
  readonly usages: readonly CommandUsage[];
  readonly flags: Readonly<Record<`--${string}`, CommandFlag>>;
  /** Exit codes besides those of docs/errors.md. */
  readonly exitCodes: readonly { readonly code: number; readonly meaning: string }[];
  /** Resolves with the exit code; rejects with a HeavisideError, whose exit code counts then. */
  readonly run: (call: CommandCall) => Promise<number>;
}

/** The flag that most commands have. */
export const jsonFlag: CommandFlag = {
  type: null,
  summary: 'Write one line of JSON on stdout instead of text.',
};

/** The flags that were given. */
export class FlagValues {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values;
  }

  has(name: `--${string}`): boolean {
    return this.#values.has(name);
  }

  text(name: `--${string}`): string | null {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : null;
  }

  number(name: `--${string}`): number | null {
    const value = this.#values.get(name);
    return typeof value === 'number' ? value : null;
  }
}

/**
 * Takes a command's flags out of what stands behind its words: `--flag value`, `--flag=value`, bare where it takes none.
 * @returns the flags, and the product's options that are left
 * @throws CONFIG_INVALID with every problem at once
 */
export function takeFlags(
  { flags }: Pick<Command, 'flags'>,
  argv: readonly string[],
): { flags: FlagValues; options: string[] } {
  const values = new Map<string, unknown>();
  const options: string[] = [];
  const problems: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    const [name = '', ...rest] = word.split('=');
    const flag = Object.hasOwn(flags, name) ? flags[name as `--${string}`] : undefined;
    if (flag === undefined) {
      options.push(word);
      continue;
    }
    const isBehind = rest.length === 0 && !(argv[i + 1] ?? '--').startsWith('--');
    const text = rest.length > 0 ? rest.join('=') : isBehind && flag.type ? argv[++i] : undefined;
    if (flag.type === null) {
      if (text === undefined) values.set(name, true);
      else problems.push(`${name} takes no value`);
    } else if (text === undefined || text.trim() === '') {
      problems.push(`${name} has no value: write ${name} ${flag.type.argument}`);
    } else {
      try {
        values.set(name, flag.type.parse(text));
      } catch (error) {
        if (!(error instanceof OptionValueError)) throw error;
        problems.push(`${name}: ${error.message}`);
      }
    }
  }
  if (problems.length > 0) throw new HeavisideError('CONFIG_INVALID', problems.join('\n  - '));
  return { flags: new FlagValues(values), options };
}
