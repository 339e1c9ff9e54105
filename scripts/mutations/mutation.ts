/** One substitution. */
export interface Edit {
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

/** A part of the product that is made wrong on purpose, and the test that must notice it. */
export interface Mutation extends Edit {
  readonly name: string;
  /** Rules of docs/design/takeover-rules.md that it breaks. */
  readonly rules: readonly number[];
  /** A second line of defence that would hide the mutation behind a stalled takeover. */
  readonly alsoOff?: Edit;
  readonly killedBy: MutationTest;
}

/** The smallest test that can see the mutation. */
export interface MutationTest {
  readonly project: 'unit' | 'integration' | 'ha';
  readonly file: string;
  /** A regular expression over the full name of the test, which must match at least one; the one that goes red matches too. */
  readonly test: string;
}
