/** Where a part writes its log lines: data in the fields, a lower-case sentence as the message. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A log whose lines all carry these fields too. */
  child(fields: object): Log;
}
