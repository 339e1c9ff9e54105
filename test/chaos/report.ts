import type { Verdict } from '../../scripts/mutations/verdicts-file.ts';
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

/** Why a round did not hold, in a line. */
function reason(round: StoredRound): string {
  const broken = Object.entries(round.counts).map(
    ([invariant, count]) => `${invariant} broken ${count} times`,
  );
  const unseen = Object.entries(round.bites).flatMap(([text, isSeen]) =>
    isSeen ? [] : [`no evidence: ${text}`],
  );
  const error = round.error === null ? [] : [(round.error.split('\n')[0] ?? '').replaceAll(/\/\S+/g, '…')];
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
