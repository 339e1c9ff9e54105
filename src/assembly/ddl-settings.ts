import { DdlAvro } from '../encode/ddl/ddl-avro.ts';
import { DdlEncoder } from '../encode/ddl/ddl-encoder.ts';
import { DdlJson } from '../encode/ddl/ddl-json.ts';
import type { EncodeOptions } from '../encode/encode-options.ts';
import type { SchemaIds } from '../model/schema-ids.ts';
import type { SourceSchema } from '../model/schema-snapshot.ts';
import type { Log } from '../observability/log.ts';
import { TableFilter } from '../transform/table-filter.ts';

/** Makes encoders of DDL records, each for one stream. @param registry null: JSON */
export function ddlEncoderFactory(
  options: EncodeOptions,
  registry: SchemaIds | null,
  log: Log,
): (schema: SourceSchema) => DdlEncoder {
  const filter = new TableFilter(options.filter);
  return (schema) =>
    new DdlEncoder({
      ...schema,
      encode: options,
      includes: (database, table) => filter.verdict(database, table, []).kind !== 'exclude',
      writer: registry === null ? new DdlJson(options) : new DdlAvro(options, registry),
      onPassedOver: (where) => log.debug(where, 'a statement that is no known DDL was passed over'),
      onLeftOut: (message) => log.warn({}, message),
    });
}
