/** One step of a path: into a member of an object, or to a cell of an array, counted from its start or its end. */
export type JsonPathLeg =
  | { readonly kind: 'member'; readonly key: Buffer }
  | { readonly kind: 'cell'; readonly index: number; readonly isFromEnd: boolean };

const CELL = /^\[(?:(\d+)|last(?:-(\d+))?)\]/;
const PLAIN_MEMBER = /^\.([^.["*\s]+)/u;
const QUOTED_MEMBER = /^\.("(?:[^"\\]|\\.)*")/u;

/**
 * Parses a path as the server writes it into a diff (sql-common/json_path.cc, Json_path_leg::to_string): `$.a."b c"[3][last-1]`.
 * @throws RangeError for anything else
 */
export function parseJsonPath(text: string): JsonPathLeg[] {
  const legs: JsonPathLeg[] = [];
  if (!text.startsWith('$')) throw new RangeError('a JSON path does not start with $');
  let rest = text.slice(1);
  while (rest !== '') {
    const cell = CELL.exec(rest);
    const plain = PLAIN_MEMBER.exec(rest);
    const quoted = QUOTED_MEMBER.exec(rest);
    const [whole] = cell ?? plain ?? quoted ?? [];
    if (whole === undefined) throw new RangeError('a JSON path is not understood');
    if (cell) {
      const isFromEnd = cell[1] === undefined;
      legs.push({ kind: 'cell', index: Number(cell[1] ?? cell[2] ?? 0), isFromEnd });
    } else {
      const key = plain?.[1] ?? (JSON.parse(quoted?.[1] ?? '""') as string);
      legs.push({ kind: 'member', key: Buffer.from(key, 'utf8') });
    }
    rest = rest.slice(whole.length);
  }
  return legs;
}
