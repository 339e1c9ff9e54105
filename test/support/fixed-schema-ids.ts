import type { SchemaIds } from '../../src/model/schema-ids.ts';

/** A registry in memory that takes every schema. */
export class FixedSchemaIds implements SchemaIds {
  readonly registered: { readonly subject: string; readonly schema: string }[] = [];
  readonly #ids = new Map<string, number>();

  idOf(subject: string, schema: string): number | undefined {
    return this.#ids.get(subject + schema);
  }

  register(subject: string, schema: string): Promise<number> {
    this.registered.push({ subject, schema });
    this.#ids.set(subject + schema, this.registered.length);
    return Promise.resolve(this.registered.length);
  }

  schema(id: number): string {
    return this.registered[id - 1]?.schema ?? '';
  }
}
