/** Why nobody replicates: an error that any replica would meet again, until an operator acts or the configuration changes. */
export interface Blocked {
  /** Code of errors.ts. */
  readonly code: string;
  readonly message: string;
  /** Where the stream stands, as text for operators. */
  readonly position: string;
  readonly replica: string;
  /** Clock of the replica, milliseconds since 1970. */
  readonly at: number;
  /** Digests of the configurations that met it: another one may try again. Absent: any configuration is blocked. */
  readonly configs?: readonly string[];
}
