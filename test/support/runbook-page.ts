import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One fenced block of commands with the output that the page shows under it. */
export interface RunbookStep {
  readonly heading: string;
  readonly commands: string;
  /** Lines of the ```text block behind it; empty where there is none. */
  readonly shown: readonly string[];
}

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs', 'runbooks');
const FENCE = /^```(\S*)(.*)$/;

/** The steps of a page of docs/runbooks: its ```sh blocks. One with another word (```sh kubernetes) is for elsewhere. */
export function readRunbook(name: string): RunbookStep[] {
  return parseRunbook(readFileSync(join(FOLDER, `${name}.md`), 'utf8'));
}

/** @throws Error on a fence that is not closed */
export function parseRunbook(markdown: string): RunbookStep[] {
  const steps: { heading: string; commands: string; shown: string[] }[] = [];
  let heading = '';
  let fence: { language: string; isElsewhere: boolean; lines: string[] } | null = null;
  for (const line of markdown.split('\n')) {
    const [, language = '', rest = ''] = FENCE.exec(line) ?? [];
    if (fence !== null && line === '```') {
      const last = steps.at(-1);
      if (fence.language === 'sh' && !fence.isElsewhere)
        steps.push({ heading, commands: `${fence.lines.join('\n')}\n`, shown: [] });
      else if (fence.language === 'text' && last?.heading === heading) last.shown.push(...fence.lines);
      fence = null;
    } else if (fence !== null) fence.lines.push(line);
    else if (line.startsWith('```')) fence = { language, isElsewhere: rest.trim() !== '', lines: [] };
    else if (line.startsWith('#')) heading = line.replace(/^#+ /, '');
  }
  if (fence !== null) throw new Error(`the last fence under "${heading}" is not closed`);
  return steps;
}

const VARIABLE = /…|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+/g;

function patternOf(line: string): RegExp {
  const parts: string[] = [];
  let from = 0;
  const literal = (text: string): string =>
    text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/ +/g, ' +');
  for (const { 0: found, index } of line.matchAll(VARIABLE)) {
    parts.push(
      literal(line.slice(from, index)),
      found === '…' ? '.*' : found.length === 36 ? '[0-9a-f-]{36}' : '\\d+',
    );
    from = index + found.length;
  }
  return new RegExp(`^${parts.join('')}${literal(line.slice(from))}$`);
}

/**
 * The lines that a page shows and the output does not have, in that order. Numbers and UUIDs may be others, `…` stands
 * for anything, a line of `…` alone for lines that are left out.
 */
export function missingLines(shown: readonly string[], output: string): string[] {
  const lines = output.split('\n').map((line) => line.trimEnd());
  let from = 0;
  return shown.filter((line) => {
    if (line.trim() === '' || line.trim() === '…') return false;
    const pattern = patternOf(line.trimEnd());
    const found = lines.findIndex((each, index) => index >= from && pattern.test(each));
    if (found >= 0) from = found + 1;
    return found < 0;
  });
}
