/** Where schemas get the ids that records name them by. */
export interface SchemaIds {
  /** The id, where it is known already; never waits. */
  idOf(subject: string, schema: string): number | undefined;
  /**
   * Registers the schema, or finds it registered. Rejects with AVRO_SCHEMA_INCOMPATIBLE, SCHEMA_REGISTRY_UNREACHABLE
   * or SCHEMA_REGISTRY_ACCESS_DENIED.
   */
  register(subject: string, schema: string): Promise<number>;
}
