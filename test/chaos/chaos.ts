import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VerdictsFile } from '../../scripts/mutations/verdicts-file.ts';
import { Campaign } from './campaign.ts';
import { readChaosOptions, usage, UsageError, type ChaosOptions } from './chaos-options.ts';
import { report } from './report.ts';
import { ResultsFile, type RunHead } from './results-file.ts';
import { plants, selfTest } from './self-test.ts';
import { latest, roundLine, summary, totals } from './summary.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const FOLDER = join(ROOT, '.chaos');
const SELF_TEST_SEEDS = [1, 2, 3];

const startedAt = performance.now();

function say(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(5);
  process.stderr.write(`[chaos ${seconds} s] ${text}\n`);
}

function runSelfTest(): number {
  const wrong = SELF_TEST_SEEDS.flatMap((seed) => selfTest(seed).map((line) => `seed ${seed}: ${line}`));
  for (const line of wrong) process.stdout.write(`${line}\n`);
  process.stdout.write(
    `${plants.length} faults planted into ${SELF_TEST_SEEDS.length} good logs: ${wrong.length === 0 ? 'each is found, and nothing else' : `${wrong.length} wrong`}\n`,
  );
  return wrong.length === 0 ? 0 : 1;
}

function headOf(options: ChaosOptions, results: ResultsFile): RunHead {
  if (options.mode === 'resume') {
    const last = results.lastHead();
    if (last === null) throw new UsageError('there is no run to go on with');
    return last;
  }
  const head = { run: new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14), ...options.head };
  results.addHead(head);
  return head;
}

async function main(): Promise<number> {
  const options = readChaosOptions(process.argv.slice(2));
  const results = new ResultsFile(join(FOLDER, 'results.jsonl'));
  if (options.mode === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  if (options.mode === 'self-test') return runSelfTest();
  if (options.mode === 'summary') {
    const rounds = latest(results.rounds());
    process.stdout.write(`${summary(rounds)}\n${JSON.stringify(totals(rounds))}\n`);
    return 0;
  }
  if (options.mode === 'report') {
    const verdicts = new VerdictsFile(join(ROOT, '.mutations.jsonl'), true).verdicts();
    writeFileSync(join(ROOT, 'docs', 'chaos-results.md'), report(results.rounds(), verdicts));
    return 0;
  }
  const head = headOf(options, results);
  say(
    `run ${head.run}: scenarios ${head.scenarios.join(' ')}, ${head.servers.join(' and ')}, seed ${head.seed}`,
  );
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      say('stopping; --resume goes on with this run');
      interrupt.abort();
      process.once(signal, () => process.exit(130)); // the second time: at once
    });
  const campaign = new Campaign({
    head,
    results,
    folder: FOLDER,
    signal: interrupt.signal,
    say,
    onRound: (round) =>
      process.stdout.write(`${options.isJson ? JSON.stringify(round) : roundLine(round)}\n`),
  });
  await campaign.run();
  const rounds = results.rounds(head.run);
  if (!options.isJson) process.stdout.write(`\n${summary(rounds)}\n`);
  const all = totals(rounds);
  process.stdout.write(`${JSON.stringify(all)}\n`);
  if (interrupt.signal.aborted) return 130;
  return all.failed + all.void === 0 && all.held > 0 ? 0 : 1;
}

// What a round that failed has left open must not keep the command from its end.
try {
  process.exit(await main());
} catch (error) {
  const isUsage = error instanceof UsageError;
  process.stderr.write(
    `${isUsage ? `${error.message}\n${usage}` : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(isUsage ? 2 : 1);
}
