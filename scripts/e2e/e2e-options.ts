import { parseArgs } from 'node:util';

/** What the command line of `npm run e2e:k8s` asks for. */
export interface E2eOptions {
  readonly namespace: string;
  readonly release: string;
  /** NAME:TAG as the nodes have or pull it. */
  readonly image: string;
  /** An image of another version, for the rollout, the mixture of both and the rollback; null: left out. */
  readonly previousImage: string | null;
  /** An image that writes a newer position format, for the downgrade; null: left out. */
  readonly newerFormatImage: string | null;
  /** Servers beside the cluster, at addresses that the pods and this machine both reach; null: inside the cluster. */
  readonly servers: { readonly mysql: URL; readonly kafka: string; readonly redis: string } | null;
  /** The node of the servers inside the cluster, which no fault is done to; null: the last one. */
  readonly serversNode: string | null;
  /** Shell commands, run with NODE in their environment; null: the faults that need them are left out. */
  readonly hooks: {
    readonly partition: string | null;
    readonly heal: string | null;
    readonly kill: string | null;
    readonly start: string | null;
  };
  /** Where the apiserver's own connections come from, on a cluster that enforces network policies; null: it does not. */
  readonly apiserverCidr: string | null;
  /** Rows per second of the load, and rows before and after each fault. */
  readonly rate: number;
  readonly rows: number;
  readonly only: readonly string[] | null;
  readonly isKept: boolean;
}

export const e2eUsage = `usage: npm run e2e:k8s -- [options]      the cluster is that of KUBECONFIG; needs kubectl and helm

  --namespace NAME            made and removed (heaviside-e2e)
  --release NAME              of helm (hs)
  --image NAME:TAG            of Heaviside (heaviside:0.1.0)
  --previous-image NAME:TAG   another version: rollout, both mixed, rollback
  --newer-format-image NAME:TAG   one that writes a newer position format (scripts/e2e/newer-format.Dockerfile): downgrade
  --mysql URL --kafka HOST:PORT,… --redis URL   servers beside the cluster; none: brought up inside it
  --servers-node NODE         where those inside the cluster run; no fault is done to it
  --partition-node CMD --heal-node CMD --kill-node CMD --start-node CMD   shell commands that do it to the node $NODE
  --apiserver-cidr CIDR       where the apiserver's connections to pods come from; the cluster enforces network policies
  --rate N --rows N           load: rows per second (300), rows before and after each fault (1500)
  --only NAME,…               some of the scenarios
  --keep                      leaves everything up
`;

function positive(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${option} takes a whole number above 0\n${e2eUsage}`);
  return value;
}

function externalServers(mysql?: string, kafka?: string, redis?: string): E2eOptions['servers'] {
  if (mysql === undefined && kafka === undefined && redis === undefined) return null;
  if (mysql === undefined || kafka === undefined || redis === undefined)
    throw new Error(`--mysql, --kafka and --redis go together\n${e2eUsage}`);
  return { mysql: new URL(mysql), kafka, redis };
}

/** Reads the arguments. Throws Error with the usage on a wrong one; null: the usage was asked for. */
export function readE2eOptions(args: readonly string[]): E2eOptions | null {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      namespace: { type: 'string', default: 'heaviside-e2e' },
      release: { type: 'string', default: 'hs' },
      image: { type: 'string', default: 'heaviside:0.1.0' },
      'previous-image': string,
      'newer-format-image': string,
      mysql: string,
      kafka: string,
      redis: string,
      'servers-node': string,
      'partition-node': string,
      'heal-node': string,
      'kill-node': string,
      'start-node': string,
      'apiserver-cidr': string,
      rate: { type: 'string', default: '300' },
      rows: { type: 'string', default: '1500' },
      only: string,
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    namespace: values.namespace,
    release: values.release,
    image: values.image,
    previousImage: values['previous-image'] ?? null,
    newerFormatImage: values['newer-format-image'] ?? null,
    servers: externalServers(values.mysql, values.kafka, values.redis),
    serversNode: values['servers-node'] ?? null,
    hooks: {
      partition: values['partition-node'] ?? null,
      heal: values['heal-node'] ?? null,
      kill: values['kill-node'] ?? null,
      start: values['start-node'] ?? null,
    },
    apiserverCidr: values['apiserver-cidr'] ?? null,
    rate: positive(values.rate, 'rate'),
    rows: positive(values.rows, 'rows'),
    only: values.only?.split(',') ?? null,
    isKept: values.keep,
  };
}
