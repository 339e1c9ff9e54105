import { optionOf, type OptionName } from '../../src/config/options.ts';

/** A JSON schema (draft-07, which helm reads). */
export type Schema = Readonly<Record<string, unknown>>;

const units: Readonly<Record<string, string>> = {
  duration: '^[+-]?[0-9]+\\s*([mM][sS]|[sSmMhH])?$',
  size: '^[+-]?[0-9]+\\s*([kKmMgGtT]?([iI]?[bB])?)?$',
  integer: '^[+-]?[0-9]+$',
  number: '^[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)$',
};

function numeric(kind: string, range: readonly [number, number] | undefined): Schema {
  const [minimum, maximum] = range ?? [undefined, undefined];
  const bounds = {
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? {} : { maximum }),
  };
  return {
    anyOf: [
      { type: kind === 'number' ? 'number' : 'integer', ...bounds },
      { type: 'string', pattern: units[kind] },
    ],
  };
}

function words(choices: readonly string[]): Schema {
  const booleans = choices.flatMap((choice) =>
    choice === 'true' ? [true] : choice === 'false' ? [false] : [],
  );
  return { enum: [...choices, ...booleans] };
}

// Where an address may hold a password: it would stand in the ConfigMap.
const addresses: readonly OptionName[] = ['redis.nodes', 'avro_schema_registry_url'];

function typeSchema(name: OptionName): Schema {
  const { kind, choices, range } = optionOf(name).type;
  if (choices !== undefined) return words(choices);
  if (Object.hasOwn(units, kind)) return numeric(kind, range);
  const scalar = addresses.includes(name)
    ? { type: 'string', pattern: '^[^@]*$' }
    : { type: ['string', 'number', 'boolean'] };
  return kind === 'csv' ? { anyOf: [scalar, { type: 'array', items: scalar, minItems: 1 }] } : scalar;
}

/** What a value of the option may be in `config`; null keeps the default. */
export function optionSchema(name: OptionName): Schema {
  const { summary } = optionOf(name);
  return { description: summary, anyOf: [typeSchema(name), { type: 'null' }] };
}
