import { runCommand } from '../stack/run-command.ts';

/** What is asked of a pod. */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number; readonly containerID?: string }[];
  };
}

export const isReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  (status.conditions ?? []).some((each) => each.type === 'Ready' && each.status === 'True');

/** kubectl in one namespace of the cluster of KUBECONFIG. Every call rejects with what kubectl said where it failed. */
export class Kube {
  readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  run(...args: readonly string[]): Promise<string> {
    return runCommand('kubectl', ['--namespace', this.namespace, ...args]);
  }

  async get<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.run('get', ...args, '--output', 'json')) as T;
  }

  async pods(selector: string): Promise<readonly Pod[]> {
    return (await this.get<{ items: Pod[] }>('pods', '--selector', selector)).items;
  }

  /** A page of a pod through the apiserver; null where the pod does not answer within three seconds. */
  async page(pod: string, port: number, path: string): Promise<string | null> {
    const url = `/api/v1/namespaces/${this.namespace}/pods/${pod}:${port}/proxy${path}`;
    return this.run('get', '--raw', url, '--request-timeout', '3s').catch(() => null);
  }

  /** Applies a manifest that is given as an object. */
  apply(manifest: object): Promise<string> {
    return this.#withInput('apply', manifest);
  }

  /** Asks for an eviction. @returns whether it was granted; false: a disruption budget refused it (429) */
  async evict(pod: string): Promise<boolean> {
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod } };
    const path = `/api/v1/namespaces/${this.namespace}/pods/${pod}/eviction`;
    try {
      await this.#withInput('create', eviction, '--raw', path);
      return true;
    } catch (error) {
      if (String(error).includes('disruption budget')) return false;
      throw error;
    }
  }

  /** A file made by the shell: kubectl reads one, and runCommand gives no standard input. */
  #withInput(verb: string, manifest: object, ...args: readonly string[]): Promise<string> {
    const script = 'printf %s "$MANIFEST" | kubectl "$@" --filename -';
    const words = ['--namespace', this.namespace, verb, ...args];
    return runCommand('bash', ['-o', 'pipefail', '-c', script, 'kubectl', ...words], {
      env: { MANIFEST: JSON.stringify(manifest) },
    });
  }
}
