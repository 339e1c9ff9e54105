import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PrometheusProcess } from '../../test/support/prometheus-process.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { ensureStack } from '../stack/ensure-stack.ts';
import { prometheusTools } from '../stack/prometheus.ts';
import { runCommand } from '../stack/run-command.ts';
import type { AlertCluster } from './alert-cluster.ts';
import { faults, type Fault, type Scene } from './faults.ts';
import { divideDurations, readAlertRules, type AlertRule } from './rules.ts';
import { runCommandLine, shellCommands } from './runbook-commands.ts';

const usage = `usage: npm run test:alerts [-- --only ${faults.map(({ name }) => name).join(',')}] [--divide N]
Causes the fault of each alert on real replicas, waits until a real Prometheus with the shipped rules says that the alert
fires, runs the commands under "Look" of its runbook, takes the fault back and waits until it is over.
--divide: every "for" of the rules is divided by N, the expressions are the same. Without it all takes about ten minutes.\n`;

const root = join(fileURLToPath(new URL('.', import.meta.url)), '..', '..');
const rulesFile = 'helm/heaviside/files/alerts.yaml';
/** Beyond its `for`: the fault's own time to show (a lag of 300 s takes 300 s), and that of a busy machine. */
const patienceMs = 600_000;
const overMs = 300_000;

/** What was seen of one alert; null: not within the time. */
interface Sighting {
  readonly rule: AlertRule;
  readonly fault: Fault;
  readonly firedSeconds: number | null;
  /** Text where it lasts by its window. */
  readonly over: string;
  readonly commands: string;
  readonly isGood: boolean;
}

const say = (text: string): void => void process.stderr.write(`[alerts] ${text}\n`);
const since = (startedAt: number): number => Math.round((performance.now() - startedAt) / 100) / 10;

/** Whether the alert fires for this cluster. */
async function isFiring(
  prometheus: PrometheusProcess,
  alert: string,
  cluster: AlertCluster,
): Promise<boolean> {
  const samples = await prometheus.query(`ALERTS{alertname="${alert}",alertstate="firing"}`);
  const instances = new Set(cluster.ports.map((port) => `127.0.0.1:${port}`));
  return samples.some(({ metric }) =>
    metric['client_id'] === undefined
      ? instances.has(metric['instance'] ?? '')
      : metric['client_id'] === cluster.place.clientId,
  );
}

/** Runs the commands under "Look"; a command that does not exist or is called wrongly is a fault of the page. */
async function lookAt(
  rule: AlertRule,
  { cluster, operator }: Scene,
): Promise<{ text: string; isGood: boolean }> {
  const commands = shellCommands(readFileSync(join(root, rule.runbook), 'utf8'), 'Look');
  const wrong: string[] = [];
  for (const command of commands) {
    const { code, output } = await runCommandLine(command, cluster.replica(operator));
    if (code === 127 || code === 2 || /CONFIG_INVALID|COMMAND_FAILED/.test(output) || output === '')
      wrong.push(`${command}: exit ${code}: ${output.slice(0, 300)}`);
  }
  for (const text of wrong) say(`${rule.runbook}: ${text}`);
  return { text: `${commands.length - wrong.length} of ${commands.length}`, isGood: wrong.length === 0 };
}

async function watch(
  fault: Fault,
  scene: Scene,
  { prometheus, rules }: { prometheus: PrometheusProcess; rules: readonly AlertRule[] },
): Promise<Sighting[]> {
  const { cluster } = scene;
  const early: string[] = [];
  for (const alert of fault.alerts) if (await isFiring(prometheus, alert, cluster)) early.push(alert);
  if (early.length > 0) throw new Error(`${fault.name}: ${early.join(', ')} fires before the fault`);
  const startedAt = performance.now();
  await scene.cause();
  say(`${fault.name}: caused (${fault.what})`);
  const seen = await Promise.all(
    fault.alerts.map(async (alert) => {
      const rule = rules.find(({ name }) => name === alert);
      if (rule === undefined) throw new Error(`${alert} is not in ${rulesFile}`);
      const timeoutMs = patienceMs + rule.forSeconds * 1000;
      const look = (): Promise<boolean> => isFiring(prometheus, alert, cluster);
      const isFired = await waitUntil(look, { timeoutMs, what: alert, everyMs: 500 }).catch(() => false);
      const firedSeconds = isFired ? since(startedAt) : null;
      say(`${fault.name}: ${alert} ${isFired ? `fires after ${firedSeconds} s` : 'DOES NOT FIRE'}`);
      const looked = await lookAt(rule, scene);
      return { rule, firedSeconds, looked };
    }),
  );
  const backAt = performance.now();
  await scene.takeBack();
  say(`${fault.name}: taken back`);
  return Promise.all(
    seen.map(async ({ rule, firedSeconds, looked }) => {
      const isLasting = fault.lasting?.includes(rule.name) ?? false;
      const look = async (): Promise<boolean> => !(await isFiring(prometheus, rule.name, cluster));
      const isOver =
        isLasting ||
        (await waitUntil(look, { timeoutMs: overMs, what: rule.name, everyMs: 500 }).catch(() => false));
      const over = isLasting ? 'by its window' : isOver ? `${since(backAt)} s` : 'NOT OVER';
      const isGood = firedSeconds !== null && isOver && looked.isGood;
      return { rule, fault, firedSeconds, over, commands: looked.text, isGood };
    }),
  );
}

function table(sightings: readonly Sighting[]): string {
  const head = ['alert', 'fault', 'for', 'fires after', 'over after', 'runbook commands'];
  const rows = sightings.map(({ rule, fault, firedSeconds, over, commands }) => [
    rule.name,
    fault.what,
    `${rule.forSeconds} s`,
    firedSeconds === null ? 'DOES NOT' : `${firedSeconds} s`,
    over,
    commands,
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Every alert firing and not firing on series that are written down. Rejects with promtool's words. */
async function testRules(): Promise<void> {
  const { promtool } = await prometheusTools();
  await runCommand(promtool.command, [
    ...promtool.args,
    'test',
    'rules',
    join(root, 'test/alerts/alerts.test.yaml'),
  ]);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      divide: { type: 'string', default: '1' },
      help: { type: 'boolean' },
    },
  });
  const divisor = Number(values.divide);
  const wanted = values.only?.split(',') ?? faults.map(({ name }) => name);
  const chosen = faults.filter(({ name }) => wanted.includes(name));
  if (values.help === true || chosen.length !== wanted.length || !(divisor >= 1)) {
    process.stdout.write(usage);
    return values.help === true ? 0 : 2;
  }
  await ensureStack({ mysql: true, redisNodes: 1, brokers: 1 });
  const text = divideDurations(readFileSync(join(root, rulesFile), 'utf8'), divisor);
  const rules = readAlertRules(text);
  if (divisor !== 1) say(`every "for" of the rules is divided by ${divisor}; the expressions are the same`);
  await testRules();
  const prometheus = await PrometheusProcess.start({ rules: text });
  const scenes: { fault: Fault; scene: Scene }[] = [];
  try {
    for (const fault of chosen) {
      say(`${fault.name}: preparing`);
      scenes.push({ fault, scene: await fault.prepare() });
      prometheus.scrape(scenes.flatMap(({ scene }) => scene.cluster.ports));
    }
    await prometheus.settle();
    const all = await Promise.all(
      scenes.map(({ fault, scene }) => watch(fault, scene, { prometheus, rules })),
    );
    const sightings = all.flat();
    process.stdout.write(`${table(sightings)}\n`);
    const failed = sightings.filter(({ isGood }) => !isGood).length;
    process.stdout.write(`${sightings.length - failed} passed, ${failed} failed\n`);
    return failed === 0 ? 0 : 1;
  } finally {
    for (const { scene } of scenes) await scene.cluster.close();
    await prometheus[Symbol.asyncDispose]();
  }
}

process.exitCode = await main();
