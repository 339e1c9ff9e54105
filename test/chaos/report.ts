import type { Verdict } from '../../scripts/mutations/verdicts-file.ts';
import type { Invariant } from './checker/findings.ts';
import type { StoredRound } from './results-file.ts';
import { scenarios } from './scenarios/all.ts';
import { latest, percentile, totals } from './summary.ts';

type Figures = Readonly<Record<string, number | string>>;

const figure = (figures: Figures, name: string): number => Number(figures[name] ?? 0);

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

const most = <T>(items: readonly T[], value: (item: T) => number): number => Math.max(0, ...items.map(value));

/** Rounds of one scenario on one server, in the order of the scenarios. */
function groups(rounds: readonly StoredRound[]): { id: string; server: string; own: StoredRound[] }[] {
  return scenarios.flatMap(({ id }) =>
    ['mysql', 'mariadb']
      .map((server) => ({
        id,
        server,
        own: rounds.filter((round) => round.scenario === id && round.server === server),
      }))
      .filter(({ own }) => own.length > 0),
  );
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [row(heads), row(heads.map(() => '---')), ...rows.map(row)].join('\n');
}

function resultsTable(rounds: readonly StoredRound[]): string {
  const seconds = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(2));
  const rows = groups(rounds).map(({ id, server, own }) => {
    const { held } = totals(own);
    const gaps = own.flatMap(({ recoverySeconds }) => recoverySeconds).sort((one, other) => one - other);
    return [
      id,
      server,
      `${held}/${own.length}`,
      sum(own, ({ transactions }) => transactions),
      sum(own, (each) => each.rows),
      sum(own, ({ kills }) => kills),
      sum(own, ({ failovers }) => failovers),
      seconds(percentile(gaps, 0.5)),
      seconds(percentile(gaps, 0.99)),
      seconds(gaps.at(-1)),
      sum(own, ({ figures }) => figure(figures, 'abortedRecords')),
      most(own, ({ figures }) => figure(figures, 'peakRssMb')),
      [...new Set(own.map(({ patience }) => patience))].join(', '),
    ];
  });
  const heads =
    'scenario,server,held,transactions,rows,SIGKILLs,leader changes,gap p50 s,gap p99 s,longest s,aborted records,peak RSS MB,patience';
  return table(heads.split(','), rows);
}

function evidenceTable(rounds: readonly StoredRound[]): string {
  const rows = scenarios.flatMap(({ id, name }) => {
    const own = rounds.filter(({ scenario }) => scenario === id);
    const seen = [...new Set(own.flatMap(({ bites }) => Object.keys(bites).filter((text) => bites[text])))];
    return own.length === 0 ? [] : [[id, name, seen.join('; ')]];
  });
  return table(['scenario', 'fault', 'seen in every round that held'], rows);
}

const ALL = scenarios.map(({ id }) => id);

/** docs/guarantees.md: promise → what would be broken, and the scenarios that try to. */
const promises: readonly (readonly [string, string, readonly Invariant[], readonly string[]])[] = [
  ['G1', 'nothing lost', ['I1', 'I8'], ALL],
  ['G2', 'nothing twice', ['I2'], ALL],
  ['G3', 'order', ['I3'], ALL],
  ['G4', 'whole transactions', ['I5'], ALL],
  ['G5', 'no phantom', ['I4'], ALL],
  ['G6', 'a deposed leader writes nothing', ['I2', 'I6'], ['2', '3', '4a', '4b', '11a', '11b', 'slice']],
  ['G7', 'epochs never fall', ['I6'], ALL],
  ['G8', 'the checkpoint is committed', ['I7'], ALL],
  ['G9', 'it stops where it cannot go on', ['I1', 'I4', 'I6'], ['10b', '10c', '13']],
  ['G10', 'message_id is the same', ['I1', 'I2', 'I4'], ['1', '14a', '14b', '14c', '15']],
  ['G11', 'goes on after an outage of Kafka', ['I1', 'I2'], ['8', '15', 'slice']],
  ['G12', 'the lease goes where the servers are reached', ['I6'], ['3', '8', 'slice']],
  ['G13', 'crash failover within the lease and two seconds (5 s here)', ['I9'], ['1', '2', '11b', '14b']],
  ['G13', 'planned change within a second', ['I9'], ['12']],
  ['G15', 'a snapshot is whole, once, and in order', ['I1', 'I2', 'I3', 'I4', 'I5', 'I8'], ['14c']],
];

function promiseTable(rounds: readonly StoredRound[]): string {
  const rows = promises.map(([name, what, invariants, ids]) => {
    const own = rounds.filter(({ scenario }) => ids.includes(scenario));
    const broken = sum(own, ({ counts, unmet }) =>
      sum(invariants, (each) => counts[each] ?? unmet.filter((text) => text.startsWith(each)).length),
    );
    const gaps = own.flatMap(({ recoverySeconds }) => recoverySeconds).sort((one, other) => one - other);
    const isTimed = invariants.includes('I9');
    return [
      name,
      what,
      `${totals(own).held}/${own.length}`,
      sum(own, (each) => each.rows),
      `${invariants.join(', ')}: ${broken}`,
      isTimed
        ? `p50 ${percentile(gaps, 0.5)?.toFixed(2)} s, p99 ${percentile(gaps, 0.99)?.toFixed(2)} s of ${gaps.length}`
        : '',
      ids === ALL ? '`npm run chaos`' : `\`npm run chaos -- --scenario ${ids.join()}\``,
    ];
  });
  return table(['promise', '', 'held', 'rows', 'broken', 'gaps', 'repeat'], rows);
}

/** Why a round did not hold, in a line. */
function reason(round: StoredRound): string {
  const broken = Object.entries(round.counts).map(
    ([invariant, count]) => `${invariant} broken ${count} times`,
  );
  const unseen = Object.entries(round.bites).flatMap(([text, isSeen]) =>
    isSeen ? [] : [`no evidence: ${text}`],
  );
  const error = round.error === null ? [] : [(round.error.split('\n')[0] ?? '').replace(/; \/.*/, '')];
  return [...broken, ...round.unmet, ...unseen, ...error].join('; ').replaceAll('|', '/');
}

function setbacks(all: readonly StoredRound[], rounds: readonly StoredRound[]): string {
  const rows = all
    .filter(({ verdict }) => verdict !== 'held')
    .map((round) => {
      const { scenario, server, seed } = round;
      const last = rounds.find(
        (each) => each.scenario === scenario && each.server === server && each.seed === seed,
      );
      return [
        scenario,
        server,
        seed,
        round.verdict,
        reason(round),
        last === round ? 'not repeated' : (last?.verdict ?? ''),
      ];
    });
  if (rows.length === 0) return 'None.';
  return table(['scenario', 'server', 'seed', 'verdict', 'why', 'the same seed again'], rows);
}

function mutationTable(verdicts: readonly Verdict[]): string {
  const cell = (text: string): string => text.split('\n')[0]?.slice(0, 200).replaceAll('|', '/') ?? '';
  return table(
    ['mutation', 'red', 'what turned red'],
    verdicts.map(({ name, isKilled, words }) => [`\`${name}\``, isKilled ? 'yes' : 'NO', cell(words)]),
  );
}

/** docs/chaos-results.md: what the results files say, and nothing that they do not. */
export function report(all: readonly StoredRound[], verdicts: readonly Verdict[]): string {
  const rounds = latest(all);
  const days = [...new Set(all.map(({ startedAt }) => startedAt.slice(0, 10)))].sort();
  const red = verdicts.filter(({ isKilled }) => isKilled).length;
  return `# Results of the fault suite

Written by \`npm run chaos -- --report\` from \`.chaos/results.jsonl\` and \`.mutations.jsonl\`, rounds of ${days.join(', ')}. A
round is one cluster from its first replica to the verdict; what it is held against stands in [design/chaos.md](design/chaos.md).
Repeat a round with \`npm run chaos -- --scenario ID --server SERVER --seed N --rounds 1\`, all with \`npm run chaos\`.
A gap is the time from a fault, or from its end, to the first committed record. Patience is the factor on every limit of time
(1: as promised): these rounds shared a machine of two cores with other work.

\`\`\`json
${JSON.stringify({ ...totals(rounds), failovers: sum(rounds, ({ failovers }) => failovers) })}
\`\`\`

${resultsTable(rounds)}

## By promise

What is promised stands in [guarantees.md](guarantees.md), the invariants in [design/chaos.md](design/chaos.md).

${promiseTable(rounds)}

## Evidence that the fault bit

${evidenceTable(rounds.filter(({ verdict }) => verdict === 'held'))}

## Rounds that did not hold

The last round of a seed counts above.

${setbacks(all, rounds)}

## Mutations

\`npm run test:mutations\`: ${red} of ${verdicts.length} turned the suite red.

${mutationTable(verdicts)}
`;
}
