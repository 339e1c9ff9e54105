import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';

import { renderChart, type Manifest } from './render-chart.ts';

/*
 * k8s/base and k8s/monitoring: the chart's own manifests, for kustomize. With --check, says what is not in step instead of
 * writing it. Needs helm on the PATH.
 */

const root = fileURLToPath(new URL('../../k8s', import.meta.url));
const head = '# Made from helm/heaviside by `npm run manifests`; edit that, or an overlay.\n';

const monitoringKinds = ['ServiceMonitor', 'PrometheusRule'];
// What helm alone needs, and what kustomize does by the name of the ConfigMap.
const helmLabels = ['helm.sh/chart', 'app.kubernetes.io/managed-by'];

interface PodTemplate {
  readonly metadata: { annotations?: Record<string, string> };
}

function withoutHelm(manifest: Manifest): Manifest {
  const copy = structuredClone(manifest) as Manifest & { spec?: { template?: PodTemplate } };
  const labels = copy.metadata['labels'] as Record<string, string>;
  for (const label of helmLabels) delete labels[label];
  const template = copy.spec?.template;
  if (template?.metadata.annotations !== undefined) delete template.metadata.annotations;
  return copy;
}

const fileName = ({ kind, metadata }: Manifest): string =>
  `${kind.toLowerCase()}${metadata.name.replace(/^heaviside/u, '')}.yaml`;

const yaml = (value: unknown): string => `${head}${stringify(value, { lineWidth: 0 })}`;

function generated(): ReadonlyMap<string, string> {
  const values: unknown = parse(readFileSync(join(root, 'values.yaml'), 'utf8'));
  const manifests = renderChart(values)
    .filter(
      ({ metadata }) => !Object.hasOwn((metadata['annotations'] as object | undefined) ?? {}, 'helm.sh/hook'),
    )
    .map(withoutHelm);
  const files = new Map<string, string>();
  const [config, ...others] = [
    ...manifests.filter(({ kind }) => kind === 'ConfigMap'),
    ...manifests.filter(({ kind }) => kind !== 'ConfigMap'),
  ];
  if (config?.kind !== 'ConfigMap') throw new Error('the chart renders no ConfigMap');
  const { 'config.properties': properties = '' } = config['data'] as Record<string, string>;
  files.set('base/config.properties', properties);
  const put = (folder: string, kustomization: object, each: readonly Manifest[]): void => {
    for (const manifest of each) files.set(join(folder, fileName(manifest)), yaml(manifest));
    files.set(
      join(folder, 'kustomization.yaml'),
      yaml({ ...kustomization, resources: each.map(fileName).sort() }),
    );
  };
  const isMonitoring = ({ kind }: Manifest): boolean => monitoringKinds.includes(kind);
  put(
    'base',
    {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      // Its name ends with a hash of what is in it: another configuration rolls the pods.
      configMapGenerator: [{ name: 'heaviside', files: ['config.properties'] }],
    },
    others.filter((each) => !isMonitoring(each)),
  );
  put(
    'monitoring',
    { apiVersion: 'kustomize.config.k8s.io/v1alpha1', kind: 'Component' },
    others.filter(isMonitoring),
  );
  return files;
}

const checksOnly = process.argv.includes('--check');
const files = generated();
const present = ['base', 'monitoring']
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)));
const stale = present.filter((path) => !files.has(path));
const changed = [...files].filter(([path, text]) => {
  const target = join(root, path);
  return !existsSync(target) || readFileSync(target, 'utf8') !== text;
});
if (checksOnly) {
  for (const path of [...stale, ...changed.map(([path]) => path)])
    process.stderr.write(`k8s/${path} is not in step with the chart: run npm run manifests\n`);
  process.exitCode = stale.length + changed.length === 0 ? 0 : 1;
} else {
  for (const path of stale) rmSync(join(root, path));
  for (const [path, text] of changed) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    process.stdout.write(`wrote k8s/${path}\n`);
  }
}
