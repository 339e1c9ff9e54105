import type { Mutation, MutationTest } from './mutation.ts';

const unit = (test: string): MutationTest => ({
  project: 'unit',
  file: 'test/unit/snapshot/snapshot-run.test.ts',
  test,
});

/** What makes the rows of a snapshot right, whoever dies meanwhile. */
export const snapshotMutations: readonly Mutation[] = [
  {
    name: 'snapshot-progress-not-in-the-record',
    rules: [30],
    file: 'src/snapshot-stops.ts',
    from: 'tracker.snapshot = this.#sent;',
    to: 'tracker.snapshot ??= this.#sent;',
    killedBy: { project: 'ha', file: 'test/ha/snapshot.ha.test.ts', test: 'mysql whose leaders are killed' },
  },
  {
    name: 'overtaken-rows-written',
    rules: [31],
    file: 'src/snapshot/keyed-table.ts',
    from: 'rows.without(touched.keys)',
    to: 'rows.without(new Set())',
    killedBy: unit('leaves out what the stream changes'),
  },
  {
    name: 'chunk-kept-over-a-schema-change',
    rules: [31],
    file: 'src/snapshot/table-watch.ts',
    from: '      this.touched = null; // whatever is being read is thrown away\n',
    to: '',
    killedBy: unit('throws a chunk away over which the table was altered'),
  },
];
