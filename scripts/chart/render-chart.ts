import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

/** A Kubernetes object as the chart renders it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export const chartFolder = fileURLToPath(new URL('../../helm/heaviside', import.meta.url));

/** The newest version of Kubernetes that is checked against; a helm of one's own building does not know one. */
export const kubernetesVersion = '1.37.0';

/** What `helm template` makes of the values, hooks included. @throws Error with what helm says */
export function renderChart(values: unknown, release = 'heaviside'): Manifest[] {
  const args = ['template', release, chartFolder, '--kube-version', kubernetesVersion, '--values', '-'];
  const text = execFileSync('helm', args, {
    input: JSON.stringify(values),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  return parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((manifest): manifest is Manifest => manifest !== null);
}
