import type { OptionName, OptionValues } from './options.ts';

/** Options that cannot stand together as they are, or of which one is missing. */
export interface Contradiction {
  /** Left out where one of these could not be read: that is reported already. */
  readonly reads: readonly OptionName[];
  /** The problem in words, or undefined. */
  readonly check: (values: OptionValues) => string | undefined;
}

/** The problem where the condition holds. */
export const when = (condition: boolean, problem: string): string | undefined =>
  condition ? problem : undefined;
