import { waitUntil } from '../../test/support/wait-until.ts';
import { chartFolder } from '../chart/render-chart.ts';
import { runCommand } from '../stack/run-command.ts';
import { isReady, type Kube, type Pod } from './kube.ts';

/** What is asked of a replica's /status. */
export interface PodStatus {
  readonly replica: string;
  readonly role: string;
  readonly epoch: number;
  readonly version: string;
  readonly position: unknown;
  readonly refusal: { readonly code: string; readonly message: string; readonly hint: string } | null;
}

/** The values of the chart that choose the image NAME:TAG. */
export function imageValues(image: string): { readonly repository: string; readonly tag: string } {
  const colon = image.lastIndexOf(':');
  return { repository: image.slice(0, colon), tag: image.slice(colon + 1) };
}

/** Of the replicas' pages. */
export const HTTP_PORT = 8080;
const WAIT_MS = 240_000;

/** A release of the chart: the replicas of one source. */
export class Release {
  readonly kube: Kube;
  readonly name: string;
  readonly fullName: string;
  readonly #selector: string;

  constructor(kube: Kube, name: string) {
    this.kube = kube;
    this.name = name;
    this.fullName = `${name}-heaviside`;
    this.#selector = `app.kubernetes.io/instance=${name},app.kubernetes.io/component=replica`;
  }

  helm(verb: string, ...args: readonly string[]): Promise<string> {
    return runCommand('helm', [verb, this.name, '--namespace', this.kube.namespace, ...args]);
  }

  install(values: Readonly<Record<string, unknown>>): Promise<string> {
    const given = Object.entries(values).flatMap(([name, value]) => [
      '--set-json',
      `${name}=${JSON.stringify(value)}`,
    ]);
    return this.helm('install', chartFolder, ...given, '--wait', '--timeout', '4m');
  }

  /** Changes values and keeps the others. @param waits until every pod is updated and ready */
  upgrade(sets: readonly string[], waits = true): Promise<string> {
    const changed = sets.flatMap((set) => ['--set', set]);
    const waiting = waits ? ['--wait', '--timeout', '4m'] : [];
    return this.helm('upgrade', chartFolder, '--reuse-values', ...changed, ...waiting);
  }

  /** The values that were given, of a revision. */
  async values(revision: number): Promise<unknown> {
    const args = ['--namespace', this.kube.namespace, '--revision', String(revision), '--output', 'json'];
    return JSON.parse(await runCommand('helm', ['get', 'values', this.name, ...args])) as unknown;
  }

  rolledOut(): Promise<string> {
    return this.kube.run('rollout', 'status', `statefulset/${this.fullName}`, '--timeout', '4m');
  }

  pods(): Promise<readonly Pod[]> {
    return this.kube.pods(this.#selector);
  }

  async pod(name: string): Promise<Pod | undefined> {
    return (await this.pods()).find(({ metadata }) => metadata.name === name);
  }

  async ready(count: number): Promise<void> {
    const look = async (): Promise<boolean> => {
      const pods = await this.pods();
      return pods.length === count && pods.every(isReady);
    };
    await waitUntil(look, { timeoutMs: WAIT_MS, everyMs: 500, what: `${count} pods to be ready` });
  }

  async status(pod: string): Promise<PodStatus | null> {
    const text = await this.kube.page(pod, HTTP_PORT, '/status');
    return text === null ? null : (JSON.parse(text) as PodStatus);
  }

  /** What Prometheus would get of a pod; null where it does not answer. */
  metrics(pod: string): Promise<string | null> {
    return this.kube.page(pod, HTTP_PORT, '/metrics');
  }

  async statuses(): Promise<readonly PodStatus[]> {
    const all = await Promise.all((await this.pods()).map(({ metadata }) => this.status(metadata.name)));
    return all.filter((status) => status !== null);
  }

  /** The replica that leads above the epoch and has found its position. */
  leader(above = 0): Promise<PodStatus> {
    const look = async (): Promise<PodStatus | undefined> =>
      (await this.statuses()).find(
        ({ role, epoch, position }) => role === 'leader' && epoch > above && position !== null,
      );
    return waitUntil(look, { timeoutMs: WAIT_MS, everyMs: 200, what: `a leader above epoch ${above}` });
  }

  /** Runs a command of the product in the pod. @returns what it printed */
  heaviside(pod: string, ...args: readonly string[]): Promise<string> {
    const config = ['--config', '/etc/heaviside/config.properties'];
    return this.kube.run('exec', pod, '--', 'heaviside', ...args, ...config);
  }

  /** Asks for a switchover to the pod, unless it leads. */
  async switchover(pod: string): Promise<void> {
    const { replica, epoch } = await this.leader();
    if (replica === pod) return;
    await this.heaviside(replica, 'switchover', pod);
    await this.leader(epoch);
  }

  async node(pod: string): Promise<string> {
    const name = (await this.pod(pod))?.spec.nodeName;
    if (name === undefined) throw new Error(`${pod} is on no node`);
    return name;
  }
}
