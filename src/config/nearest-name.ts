/** Edits (insert, delete, replace, swap of neighbours) from one text to the other: optimal string alignment. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}

// Dots, dashes and underlines are what people mix up first: `linger_ms` is `linger.ms`.
const plain = (name: string): string => name.toLowerCase().replaceAll(/[.\-_]/gu, '_');

/** The name that was probably meant, or undefined where none is near (more than a third of the letters differ). */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(name);
  let nearest: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, plain(candidate));
    if (nearest === undefined || distance < nearest.distance) nearest = { candidate, distance };
  }
  const suffixed = candidates.find((candidate) => plain(candidate).endsWith(`_${wanted}`));
  if (nearest !== undefined && nearest.distance <= Math.max(2, Math.floor(wanted.length / 3)))
    return nearest.candidate;
  return suffixed;
}
