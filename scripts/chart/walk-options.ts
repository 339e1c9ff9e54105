import { isDeepStrictEqual } from 'node:util';

import { parseProperties } from '../../src/config/properties.ts';
import { optionNames, optionOf, type OptionName } from '../../src/config/options.ts';
import { renderChart, type Manifest } from './render-chart.ts';
import { optionSample } from './option-sample.ts';
import { chartOwned, configOptions, fileOptions, secretOptions } from './values-schema.ts';

/*
 * Sets every option of the product by its value, renders the chart, and reads the configuration back as a replica
 * would: what is lost or changed on the way is an option that nobody can set. Needs helm on the PATH.
 */

interface Volume {
  readonly name: string;
  readonly projected?: {
    readonly sources: readonly {
      readonly secret?: { readonly name: string; readonly items: readonly { key: string; path: string }[] };
    }[];
  };
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
}

interface PodSpec {
  readonly containers: readonly [Container];
  readonly volumes: readonly Volume[];
}

const problems: string[] = [];
const seen = new Set<OptionName>();
const expect = (name: OptionName, isRight: boolean, what: string): void => {
  seen.add(name);
  if (!isRight) problems.push(`${name}: ${what}`);
};

const only = (manifests: readonly Manifest[], kind: string): Manifest => {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} manifests of kind ${kind}`);
  return found[0];
};

const configuration = (manifests: readonly Manifest[]): ReadonlyMap<string, string> => {
  const { data } = only(manifests, 'ConfigMap') as unknown as { data: Record<string, string> };
  return new Map(parseProperties(data['config.properties'] ?? '').map(({ key, value }) => [key, value]));
};

const podSpec = (manifests: readonly Manifest[]): PodSpec =>
  (only(manifests, 'StatefulSet') as unknown as { spec: { template: { spec: PodSpec } } }).spec.template.spec;

/** Whether the projected volume brings the entry `key` of the Secret as the file `path`. */
const mounts = (
  pod: PodSpec,
  volume: string,
  [secret, key, path]: readonly [string, string, string],
): boolean =>
  (pod.volumes.find(({ name }) => name === volume)?.projected?.sources ?? []).some(
    (source) =>
      source.secret?.name === secret &&
      source.secret.items.some((item) => item.key === key && item.path === path),
  );

function checkConfig(asText: boolean): void {
  const samples = configOptions.map((name) => [name, optionSample(name)] as const);
  const values = samples.map(([name, { value, text }]): [string, unknown] => [name, asText ? text : value]);
  const rendered = configuration(renderChart({ config: Object.fromEntries(values) }));
  for (const [name, { text }] of samples) {
    const found = rendered.get(name);
    const { type } = optionOf(name);
    const isRight = found !== undefined && isDeepStrictEqual(type.parse(found), type.parse(text));
    expect(name, isRight, `set to ${text}, rendered as ${found ?? 'nothing'}`);
  }
}

function checkSecrets(): void {
  const sources = (names: readonly OptionName[]): Record<string, unknown> =>
    Object.fromEntries(
      names.map((name, index) => [name, { existingSecret: `holder-${index}`, key: `k${index}` }]),
    );
  const manifests = renderChart({
    config: { 'redis.nodes': 'redis://redis:6379' },
    secrets: sources(secretOptions),
    files: sources(fileOptions),
  });
  const rendered = configuration(manifests);
  const pod = podSpec(manifests);
  secretOptions.forEach((name, index) => {
    const isNamed = rendered.get(`${name}_file`) === `/run/secrets/heaviside/${name}`;
    expect(name, isNamed && !rendered.has(name), `the configuration names no file for it`);
    expect(name, mounts(pod, 'secrets', [`holder-${index}`, `k${index}`, name]), 'its Secret is not mounted');
  });
  fileOptions.forEach((name, index) => {
    expect(name, rendered.get(name) === `/etc/heaviside/files/${name}`, 'the configuration names no file');
    expect(name, mounts(pod, 'files', [`holder-${index}`, `k${index}`, name]), 'its file is not mounted');
  });
}

function checkOwned(): void {
  const manifests = renderChart({
    config: { 'redis.nodes': 'redis://redis:6379' },
    service: { port: 8123 },
    extraEnv: ['env_config', 'env_config_prefix'].map((name) => ({
      name: `HEAVISIDE_${name.toUpperCase()}`,
      value: `of_${name}`,
    })),
  });
  const rendered = configuration(manifests);
  const [container] = podSpec(manifests).containers;
  const env = (name: string): unknown => container.env.find((each) => each.name === name);
  expect('http_port', rendered.get('http_port') === '8123', 'is not service.port');
  expect(
    'spill_directory',
    rendered.get('spill_directory') === '/var/lib/heaviside/spill',
    'is not the volume',
  );
  const podName = { fieldRef: { fieldPath: 'metadata.name' } };
  const named = { name: 'HEAVISIDE_REPLICA_NAME', valueFrom: podName };
  expect(
    'replica_name',
    isDeepStrictEqual(env('HEAVISIDE_REPLICA_NAME'), named),
    'is not the name of the pod',
  );
  const isMounted = container.args.join(' ') === 'run --config /etc/heaviside/config.properties';
  expect('config', isMounted, 'is not the mounted file');
  for (const name of ['env_config', 'env_config_prefix'] as const) {
    const variable = { name: `HEAVISIDE_${name.toUpperCase()}`, value: `of_${name}` };
    expect(name, isDeepStrictEqual(env(variable.name), variable), 'does not come from extraEnv');
  }
  for (const name of Object.keys(chartOwned) as OptionName[])
    if (!seen.has(name)) problems.push(`${name}: nothing here checks where the chart takes it from`);
}

checkConfig(false);
checkConfig(true);
checkSecrets();
checkOwned();
for (const name of optionNames) if (!seen.has(name)) problems.push(`${name}: no value sets it`);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`${seen.size} options set by values, ${problems.length} problems\n`);
process.exitCode = problems.length === 0 && seen.size === optionNames.length ? 0 : 1;
