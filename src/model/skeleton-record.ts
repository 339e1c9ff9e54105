/** What is left of a record that cannot be written. All members are texts of JSON values. */
export interface SkeletonParts {
  /** Null where not even that is known. */
  readonly database: string | null;
  readonly table: string | null;
  readonly reason: string;
  /** Names and values of the primary key's columns. */
  readonly columns: readonly (readonly [name: string, value: string])[];
}

/** Maxwell's record of the dead letter topic: `{"database","table","type":"insert","reason","data":{primary key}}`. */
export function skeletonRecord({ database, table, reason, columns }: SkeletonParts): string {
  const members = [
    ...(database === null ? [] : [`"database":${database}`]),
    ...(table === null ? [] : [`"table":${table}`]),
    '"type":"insert"',
    `"reason":${reason}`,
    `"data":{${columns.map(([name, value]) => `${name}:${value}`).join(',')}}`,
  ];
  return `{${members.join(',')}}`;
}
