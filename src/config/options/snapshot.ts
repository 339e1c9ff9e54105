import { boolean, choice, integer, text } from '../option-type.ts';
import { option, optional } from '../option.ts';

/** Rows that were there before the stream. */
export const snapshotOptions = {
  snapshot_mode: option(choice(['none', 'initial']), 'none', {
    summary: 'initial: a new cluster reads every table once, beside the stream, before anybody asks.',
    note: 'Only the first start of a cluster counts; later ones go on with a snapshot that is not complete. `heaviside snapshot start` asks for one table at any time.',
    origin: 'heaviside',
  }),
  snapshot_tables: optional(text('RULES'), {
    summary: 'Rules of the form of filter: which of the tables that filter includes snapshot_mode reads.',
    derived: 'all of them',
    origin: 'heaviside',
  }),
  bootstrapper: option(choice(['async', 'sync', 'none']), 'async', {
    summary:
      "Whether rows of Maxwell's table bootstrap ask for snapshots, where the source has it; none: they do not.",
    note: 'sync means the same as async: the stream goes on beside a snapshot.',
    origin: 'maxwell',
  }),
  schema_database: option(text('NAME'), 'maxwell', {
    summary: 'Database of that table.',
    origin: 'maxwell',
  }),
  snapshot_as_inserts: option(boolean(), false, {
    summary:
      'Write the rows of a snapshot as type insert, without the records bootstrap-start and bootstrap-complete.',
    origin: 'heaviside',
  }),
  snapshot_max_rows_per_second: option(integer(0, 10_000_000), 0, {
    summary: 'Rows a second that snapshots read at most; 0: as fast as it goes.',
    origin: 'heaviside',
  }),
  snapshot_max_lag_seconds: option(integer(1, 86_400), 10, {
    summary: 'Lag of the stream in seconds beyond which no chunk of a snapshot is read.',
    origin: 'heaviside',
  }),
} as const;
