import { HeavisideError } from '../errors.ts';
import { foreignKeys } from './foreign-keys.ts';
import { environmentName, optionOf, sections, type OptionName, type OptionSection } from './options.ts';

const originWords = {
  maxwell: "Maxwell's",
  kafka: "Kafka's",
  guide: 'of Maxwell guides',
  heaviside: "Heaviside's own",
} as const;

const units: Readonly<Record<string, string>> = { duration: ' ms', size: ' bytes' };

function fallbackText(name: OptionName): string {
  const { derived, fallback, type } = optionOf(name);
  if (derived !== undefined) return derived;
  return fallback === null
    ? 'none'
    : `${JSON.stringify(fallback).replaceAll('"', '')}${units[type.kind] ?? ''}`;
}

function rangeText(name: OptionName): string | undefined {
  const { range, kind } = optionOf(name).type;
  if (range === undefined) return undefined;
  const unit = units[kind] ?? '';
  return range[1] >= Number.MAX_SAFE_INTEGER
    ? `${range[0]}${unit} or more`
    : `${range[0]} to ${range[1]}${unit}`;
}

/** Breaks text at blanks so that lines stay within `width`, each behind `indent` blanks. */
function wrap(text: string, indent: number, width = 100): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((part) => ' '.repeat(indent) + part).join('\n');
}

function briefLines(name: OptionName): string {
  const { summary, type } = optionOf(name);
  return `  --${name} ${type.argument}\n${wrap(`${summary} Default: ${fallbackText(name)}.`, 6)}`;
}

function longLines(name: OptionName): string {
  const { summary, note, type, origin } = optionOf(name);
  const range = rangeText(name);
  const facts = [
    `Default: ${fallbackText(name)}`,
    ...(range === undefined ? [] : [`range: ${range}`]),
    `environment: ${environmentName(name)}${type.isSecret ? `, or ${environmentName(name)}_FILE` : ''}`,
    originWords[origin],
  ];
  const text = note === undefined ? summary : `${summary} ${note}`;
  return `  --${name} ${type.argument}\n${wrap(text, 6)}\n${wrap(`${facts.join('; ')}.`, 6)}`;
}

const heading = ({ title, name }: OptionSection): string => `${title} (--help ${name})`;

/**
 * The help text: all options in brief, or one section (`source`, `kafka`…) in full.
 * @throws HeavisideError CONFIG_INVALID where there is no such section
 */
export function renderHelp(sectionName?: string): string {
  if (sectionName === undefined) {
    const intro = wrap(
      'Options stand on the command line (--name value), in the environment (HEAVISIDE_ and the name in upper case, ' +
        '__ for a dot) and in the file of --config (name=value), in this order of precedence. A secret may come from a ' +
        'file: <name>_file.',
      0,
    );
    return `${[intro, ...sections.map((s) => [heading(s), ...s.options.map(briefLines)].join('\n'))].join('\n\n')}\n`;
  }
  const section = sections.find(({ name }) => name === sectionName);
  if (section === undefined) {
    const names = sections.map(({ name }) => name).join(', ');
    throw new HeavisideError('CONFIG_INVALID', `there is no section ${sectionName} in the help: ${names}`);
  }
  return `${section.title}\n\n${section.options.map(longLines).join('\n\n')}\n`;
}

/** Escapes what Markdown would take for its own, outside of code. */
const cell = (text: string): string =>
  text
    .split(/(`[^`]*`)/u)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;').replaceAll('*', '\\*')))
    .join('')
    .replaceAll('|', '\\|');
const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;

function optionRow(name: OptionName): string {
  const { summary, note, type, origin } = optionOf(name);
  const range = rangeText(name);
  const kind = type.kind === 'enum' ? (type.choices ?? []).map(code).join(', ') : type.kind;
  return [
    '',
    code(name),
    range === undefined ? kind : `${kind}, ${range}`,
    cell(fallbackText(name)),
    cell(note === undefined ? summary : `${summary} ${note}`),
    originWords[origin],
    '',
  ]
    .join(' | ')
    .trim();
}

function foreignTable(effect: 'ignored' | 'refused'): string {
  const rows = foreignKeys
    .filter((key) => key.effect === effect)
    .map(
      ({ name, reason, harmless }) =>
        `| ${code(name)} | ${cell(reason)} | ${(harmless ?? []).map(code).join(', ')} |`,
    );
  return ['| key | why | accepted without a word |', '|---|---|---|', ...rows].join('\n');
}

const preface = `# Options

This page is generated from the table in \`src/config/options/\` (\`npx tsx scripts/generate-docs.ts\`).

## Where options come from

In order of precedence:

1. the command line: \`--name value\`, \`--name=value\`; what is true or false may stand bare
2. the environment: \`HEAVISIDE_\` and the name in upper case, \`__\` for a dot: \`HEAVISIDE_KAFKA__BATCH__SIZE\`. \`MAXWELL_MEMORY\` is \`heap_limit_bytes\`
3. variables under Maxwell's \`env_config_prefix\`, then the JSON object in the variable that \`env_config\` names
4. the file of \`--config\`, or \`./config.properties\` if it is there
5. the default (\`GTID_MODE\` in the environment, whatever its value, makes \`gtid_mode\` true by default)

An empty value gives the default back. Every secret may come from a file: \`password_file=/run/secrets/mysql\`, or \`HEAVISIDE_PASSWORD_FILE\`; a line break at the end of the file is dropped. Addresses that Kubernetes puts into the environment for a service called heaviside (\`HEAVISIDE_SERVICE_HOST\`, \`HEAVISIDE_PORT=tcp://…\`) are passed over.

The file has Java's .properties grammar: \`=\`, \`:\` or blanks between name and value, comments in lines that begin with \`#\` or \`!\`, \`\\\` at the end of a line continues it, \`\\uXXXX\`. There are two liberties: behind numbers, choices and booleans a \` # comment\` is dropped, and \`export MAXWELL_MEMORY=2g\` is understood. Times may be written \`5s\`, sizes \`64k\`.

A name that is unknown, a value that cannot be read and options that contradict each other are refused, all at once and with the nearest name.
`;

/** docs/options.md: all options as tables, and what happens to the keys of Maxwell and Kafka that are none. */
export function renderOptionsMarkdown(): string {
  const tables = sections.map(({ title, options }) =>
    [
      `## ${title}`,
      '',
      '| option | values | default | meaning | whose |',
      '|---|---|---|---|---|',
      ...options.map(optionRow),
    ].join('\n'),
  );
  const refused = `## Refused\n\nKeys that ask for a stream which Heaviside would not deliver.\n\n${foreignTable('refused')}`;
  const ignored = `## Ignored\n\nKeys that are accepted with one warning each (\`*\`: whatever follows).\n\n${foreignTable('ignored')}`;
  return `${[preface.trimEnd(), ...tables, refused, ignored].join('\n\n')}\n`;
}
