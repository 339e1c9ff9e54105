import { boolean, choice, duration, integer, list, size, text } from '../option-type.ts';
import { option, optional } from '../option.ts';

/** What the process shows of itself. */
export const monitoringOptions = {
  http_enabled: option(boolean(), true, {
    summary: 'Serve metrics, health and status by HTTP.',
    origin: 'heaviside',
  }),
  http_port: option(integer(0, 65535), 8080, {
    summary: 'Port of the HTTP server; 0: any free one, which the log names.',
    origin: 'maxwell',
  }),
  http_bind_address: optional(text('ADDRESS'), {
    summary: 'Address of the HTTP server.',
    derived: 'all addresses',
    origin: 'maxwell',
  }),
  http_path_prefix: option(text('PATH'), '/', {
    summary: 'What every path of the HTTP server begins with.',
    origin: 'maxwell',
  }),
  http_diagnostic: option(boolean(), false, { summary: 'Serve /diagnostic.', origin: 'maxwell' }),
  http_diagnostic_timeout: option(duration(100, 600_000), 10_000, {
    summary: 'Time for /diagnostic.',
    origin: 'maxwell',
  }),
  http_config: option(boolean(), false, {
    summary: 'Serve /config, read-only and without secrets.',
    origin: 'maxwell',
  }),
  metrics_type: optional(list('LIST'), {
    summary: 'With slf4j among them, metrics go to the log too; http and jmx are always served by HTTP.',
    origin: 'maxwell',
  }),
  metrics_prefix: option(text('NAME'), 'MaxwellMetrics', {
    summary: "Prefix of the metrics that have Maxwell's names.",
    origin: 'maxwell',
  }),
  metrics_age_slo: optional(integer(0, 2 ** 31 - 1), {
    summary:
      'Seconds from the commit at the source to that in Kafka above which a transaction counts as a violation.',
    origin: 'maxwell',
  }),
  metrics_jvm: option(boolean(), false, {
    summary: 'Show metrics of the runtime: heap, event loop, collections.',
    origin: 'maxwell',
  }),
  metrics_slf4j_interval: optional(integer(1, 86_400), {
    summary: 'Seconds between two lines of metrics in the log; given, it turns them on.',
    derived: '60 with metrics_type=slf4j',
    origin: 'maxwell',
  }),
  jmx_enabled: optional(boolean(), {
    summary: 'Serve the metrics page at jmx_host:jmx_port too; there is no JVM, so the page takes its place.',
    derived: 'true where jmx_port is given',
    origin: 'guide',
  }),
  jmx_host: option(text('ADDRESS'), '0.0.0.0', { summary: 'Address of that page.', origin: 'guide' }),
  jmx_port: option(integer(0, 65535), 9999, { summary: 'Port of that page.', origin: 'guide' }),
  jvm_memory_monitoring: option(boolean(), false, {
    summary: 'Show metrics of the memory of the runtime, as metrics_jvm.',
    origin: 'guide',
  }),
} as const;

/** The process itself. */
export const processOptions = {
  config: optional(text('PATH'), {
    summary: 'File to read options from; on the command line or in the environment.',
    derived: './config.properties, if it is there',
    origin: 'maxwell',
  }),
  env_config: optional(text('NAME'), {
    summary: 'Environment variable that holds options as one JSON object.',
    origin: 'maxwell',
  }),
  env_config_prefix: optional(text('PREFIX'), {
    summary: 'Prefix of environment variables that hold one option each, in addition to HEAVISIDE_.',
    note: 'As in Maxwell the rest of the name is the option in any case, dots included: PREFIX_KAFKA.RETRIES.',
    origin: 'maxwell',
  }),
  log_level: option(choice(['debug', 'info', 'warn', 'error']), 'info', {
    summary: 'Least level of the log on stderr.',
    origin: 'maxwell',
  }),
  heap_limit_bytes: optional(size(64 * 1024 * 1024), {
    summary:
      'Limit of the heap: warned at 85 % of it, left with a code at 95 %; MAXWELL_MEMORY in the environment is another name for it.',
    derived: "the runtime's own",
    origin: 'heaviside',
  }),
  spill_directory: optional(text('PATH'), {
    summary: 'Directory for source transactions that are too large to hold in memory.',
    derived: "the system's temporary directory",
    origin: 'heaviside',
  }),
  spill_threshold_bytes: option(size(64 * 1024), 16 * 1024 * 1024, {
    summary: 'Size from which a source transaction goes through a file in spill_directory.',
    origin: 'heaviside',
  }),
  shutdown_timeout_ms: option(duration(100, 600_000), 10_000, {
    summary: 'Time for a planned stop; then the process ends all the same.',
    origin: 'heaviside',
  }),
} as const;
