import { setFlagsFromString } from 'node:v8';

/** How much the heap may grow over what was alive at the last collection, in percent, before it is collected again. V8's own goes up to 300. */
const GROWTH_PERCENT = 50;

/**
 * Keeps the heap near what is alive. A backlog of small transactions passes through the old generation, and V8, which
 * expects garbage to be cheap and memory to be free, would let it grow to four times of what is needed.
 */
export function limitHeapGrowth(): void {
  // V8 reads it at each collection (heap-controller.cc), so it works on a heap that exists.
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
