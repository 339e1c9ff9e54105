/** Types of a value in MySQL's binary JSON (sql-common/json_binary.cc). */
export const SMALL_OBJECT = 0;
export const LARGE_OBJECT = 1;
export const SMALL_ARRAY = 2;
export const LARGE_ARRAY = 3;
export const LITERAL = 4;
export const INT16 = 5;
export const UINT16 = 6;
export const INT32 = 7;
export const UINT32 = 8;
export const INT64 = 9;
export const UINT64 = 10;
export const DOUBLE = 11;
export const STRING = 12;
export const OPAQUE = 15;

/** The server allows 100 levels. */
export const MAX_DEPTH = 100;

/** Whether a value stands in its entry itself; `width` is that of the container's offsets, in bytes. */
export const isInlined = (type: number, width: 2 | 4): boolean =>
  type === LITERAL ||
  type === INT16 ||
  type === UINT16 ||
  (width === 4 && (type === INT32 || type === UINT32));
