import type { OptionType } from './option-type.ts';

/** Whose name it is: Maxwell's own, Kafka's producer's, the keys of the JVM's world that come with Maxwell guides, or ours. */
export type OptionOrigin = 'maxwell' | 'kafka' | 'guide' | 'heaviside';

interface OptionText {
  /** One sentence. */
  readonly summary: string;
  /** Further sentences for the long help. */
  readonly note?: string;
  /** The default in words, where it is derived at start. */
  readonly derived?: string;
  readonly origin: OptionOrigin;
  /** True where the value changes what the stream holds or where it goes: part of the configuration's fingerprint. */
  readonly shapesStream?: true;
  /** True where an empty value means something other than "not given". */
  readonly emptyIsValue?: true;
}

/** An option as it is declared: once. */
export interface Option<T> extends OptionText {
  readonly type: OptionType<NonNullable<T>>;
  /** Null: none, or derived (`derived` says how). */
  readonly fallback: T;
}

/** Declares an option that always has a value. */
export function option<T>(type: OptionType<T>, fallback: NoInfer<T>, words: OptionText): Option<T> {
  return { ...words, type: type as OptionType<NonNullable<T>>, fallback };
}

/** Declares an option that may be absent (null). */
export function optional<T>(type: OptionType<T>, words: OptionText): Option<T | null> {
  return { ...words, type: type as OptionType<NonNullable<T>>, fallback: null };
}
