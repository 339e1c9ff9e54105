/** A server of the local stack cannot be had, started or stopped; the message says which and what to do. */
export class StackError extends Error {
  override readonly name = 'StackError';
}
