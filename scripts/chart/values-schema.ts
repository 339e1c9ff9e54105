import { optionNames, optionOf, type OptionName } from '../../src/config/options.ts';
import { optionSchema, type Schema } from './option-schema.ts';

/** Options that the chart sets itself, and the value that sets them. */
export const chartOwned: Readonly<Partial<Record<OptionName, string>>> = {
  config: 'the chart mounts its own',
  env_config: 'extraEnv',
  env_config_prefix: 'extraEnv',
  http_port: 'service.port',
  replica_name: 'the name of the pod',
  spill_directory: 'spill',
};

const isSecret = (name: OptionName): boolean => optionOf(name).type.isSecret;
const namesFile = (name: OptionName): boolean => optionOf(name).type.argument === 'PATH';
const isOwned = (name: OptionName): boolean => Object.hasOwn(chartOwned, name);

/** The options that may stand under `config`. */
export const configOptions = optionNames.filter((name) => !isSecret(name) && !isOwned(name));
/** The options that may stand under `secrets`. */
export const secretOptions = optionNames.filter(isSecret);
// Paths that are written, or no paths of files at all.
const notRead: readonly OptionName[] = ['output_file', 'position_file', 'http_path_prefix'];
/** The options that may stand under `files`. */
export const fileOptions = optionNames.filter(
  (name) => namesFile(name) && !isOwned(name) && !notRead.includes(name),
);

const string: Schema = { type: 'string' };
const boolean: Schema = { type: 'boolean' };
const count = (minimum: number, maximum?: number): Schema => ({
  type: 'integer',
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
});
const free: Schema = { type: 'object' };
const list: Schema = { type: 'array' };
const auto: Schema = { enum: ['auto', true, false, 'true', 'false'] };
const strings: Schema = { type: 'object', additionalProperties: string };

const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: 'object',
  additionalProperties: false,
  ...(required.length === 0 ? {} : { required }),
  properties,
});

const entries = (names: readonly OptionName[], schemaOf: (name: OptionName) => Schema): Schema =>
  object(Object.fromEntries(names.map((name) => [name, schemaOf(name)])));

const secretSource = (name: OptionName): Schema => ({
  description: optionOf(name).summary,
  ...object({ existingSecret: string, key: string }, ['existingSecret', 'key']),
});

const fileSource = (name: OptionName): Schema => ({
  description: optionOf(name).summary,
  ...object({ existingSecret: string, configMap: string, key: string }, ['key']),
  oneOf: [{ required: ['existingSecret'] }, { required: ['configMap'] }],
});

/** helm/heaviside/values.schema.json: what stands in values.yaml, and every option of the table where it belongs. */
export function renderValuesSchema(): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the Heaviside chart',
    ...object({
      global: free,
      replicaCount: count(0, 99),
      image: object({
        repository: { type: 'string', minLength: 1 },
        tag: string,
        digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
        pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
      }),
      imagePullSecrets: list,
      nameOverride: string,
      fullnameOverride: string,
      config: entries(configOptions, optionSchema),
      secrets: entries(secretOptions, secretSource),
      files: entries(fileOptions, fileSource),
      resources: free,
      spill: object({ sizeLimit: string, storageClassName: string }),
      terminationGracePeriodSeconds: count(1),
      updateStrategy: object({ type: { enum: ['RollingUpdate', 'OnDelete'] }, partition: count(0) }),
      podDisruptionBudget: object({
        enabled: boolean,
        maxUnavailable: { anyOf: [count(0), { type: 'string', pattern: '^[0-9]+%$' }] },
      }),
      service: object({ port: count(1, 65_535), annotations: strings }),
      serviceAccount: object({ create: boolean, name: string, annotations: strings }),
      podAnnotations: strings,
      podLabels: strings,
      nodeSelector: strings,
      tolerations: list,
      priorityClassName: string,
      affinity: free,
      topologySpreadConstraints: list,
      podSecurityContext: free,
      containerSecurityContext: free,
      extraEnv: list,
      probes: object({
        startupSeconds: count(2),
        periodSeconds: count(1),
        timeoutSeconds: count(1),
        livenessFailures: count(1),
        readinessFailures: count(1),
      }),
      verify: object({
        enabled: boolean,
        schedule: string,
        tables: { type: 'array', items: { type: 'string', pattern: '.\\..' } },
        args: { type: 'array', items: string },
        activeDeadlineSeconds: count(1),
        resources: free,
      }),
      networkPolicy: object({ enabled: boolean, ingressFrom: list, egress: list }),
      metrics: object({
        serviceMonitor: object({ enabled: auto, interval: string, labels: strings }),
        prometheusRule: object({ enabled: auto, labels: strings }),
        dashboard: object({ enabled: boolean, labels: strings }),
      }),
    }),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
