/** How a column is selected as text, and how that text and the record's JSON are brought to one form. */
export type ValueForm =
  | 'integer'
  | 'bit'
  | 'decimal'
  | 'float'
  | 'double'
  | 'date'
  | 'datetime'
  | 'time'
  | 'text'
  | 'bytes'
  | 'padded-bytes'
  | 'enum'
  | 'set'
  | 'json'
  | 'geometry'
  | 'vector'
  | 'address';

const forms: Readonly<Record<string, ValueForm>> = {
  tinyint: 'integer',
  smallint: 'integer',
  mediumint: 'integer',
  int: 'integer',
  bigint: 'integer',
  year: 'integer',
  bit: 'bit',
  decimal: 'decimal',
  float: 'float',
  double: 'double',
  date: 'date',
  datetime: 'datetime',
  timestamp: 'datetime',
  time: 'time',
  char: 'text',
  varchar: 'text',
  tinytext: 'text',
  text: 'text',
  mediumtext: 'text',
  longtext: 'text',
  binary: 'padded-bytes',
  varbinary: 'bytes',
  tinyblob: 'bytes',
  blob: 'bytes',
  mediumblob: 'bytes',
  longblob: 'bytes',
  enum: 'enum',
  set: 'set',
  json: 'json',
  vector: 'vector',
  inet4: 'address',
  inet6: 'address',
  uuid: 'address',
  geometry: 'geometry',
  point: 'geometry',
  linestring: 'geometry',
  polygon: 'geometry',
  multipoint: 'geometry',
  multilinestring: 'geometry',
  multipolygon: 'geometry',
  geometrycollection: 'geometry',
  geomcollection: 'geometry',
};

/** The form of a type as INFORMATION_SCHEMA.COLUMNS.DATA_TYPE names it; null where it is not known. */
export const formOf = (dataType: string): ValueForm | null => forms[dataType.toLowerCase()] ?? null;
