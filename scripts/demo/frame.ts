import type { DemoView, ReplicaView } from './demo-view.ts';

/** What a frame is drawn for. */
export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
  readonly hasColour: boolean;
}

const SPARKS = '▁▂▃▄▅▆▇█';
const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
type Colour = keyof typeof COLOURS;
const NAMES: Record<ReplicaView['role'], readonly [string, Colour]> = {
  leader: ['● LEADER', 'green'],
  standby: ['○ standby', 'cyan'],
  candidate: ['○ candidate', 'yellow'],
  blocked: ['■ blocked', 'red'],
  starting: ['· starting', 'dim'],
  killed: ['✖ killed', 'red'],
};

/** `1234567` → `1,234,567`. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Milliseconds as `01:23.4`. */
export function clock(ms: number): string {
  const tenths = Math.floor(ms / 100);
  const minutes = String(Math.floor(tenths / 600)).padStart(2, '0');
  return `${minutes}:${String(Math.floor(tenths / 10) % 60).padStart(2, '0')}.${tenths % 10}`;
}

/** The numbers as a row of bars, the greatest one full height. */
export function sparkLine(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const greatest = Math.max(1, ...shown);
  return shown.map((value) => SPARKS[Math.round((Math.max(0, value) / greatest) * 7)] ?? '').join('');
}

function bar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
}

/** The lines of the live screen, none wider than the terminal, at most one less than it has rows. */
export function renderFrame(view: DemoView, { columns, rows, hasColour }: FrameSize): string[] {
  const width = Math.max(40, Math.min(columns, 100) - 1);
  const paint = (colour: Colour, text: string): string =>
    hasColour ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text;
  const cut = (text: string): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);
  const time = clock(view.elapsedMs);
  const barWidth = width - 48;
  const amount = (label: string, count: number): string =>
    ` ${label.padEnd(24)}${grouped(count).padStart(9)} rows  ${bar(count / view.totalRows, barWidth)} ${String(Math.floor((count / view.totalRows) * 100)).padStart(3)} %`;
  const rate = (label: string, rates: readonly number[]): string =>
    ` ${label.padEnd(24)}${grouped(rates.at(-1) ?? 0).padStart(9)} r/s   ${sparkLine(rates, barWidth)}`;
  const top = [
    paint('bold', cut(` ${view.title.padEnd(width - time.length - 2)} ${time}`)),
    paint('dim', '─'.repeat(width)),
    paint('bold', cut(` NOW  ${view.now}`)),
    '',
    paint(
      'dim',
      cut(
        ` ${'replica'.padEnd(16)}${'role'.padEnd(16)}${'epoch'.padStart(6)}${'lag'.padStart(12)}${'pid'.padStart(12)}`,
      ),
    ),
    ...view.replicas.map(({ name, role, epoch, lagSeconds, pid }) => {
      const [label, colour] = NAMES[role];
      const lag = lagSeconds === null ? '–' : `${lagSeconds.toFixed(1)} s`;
      const rest = `${(epoch === null ? '–' : String(epoch)).padStart(6)}${lag.padStart(12)}${String(pid).padStart(12)}`;
      return ` ${name.padEnd(16)}${paint(colour, label.padEnd(16))}${rest}`;
    }),
    '',
    cut(amount('committed in the source', view.committedRows)),
    cut(amount('readable in Kafka', view.kafkaRows)),
    '',
    cut(rate('into the source', view.ratesIn)),
    cut(rate('out of Kafka', view.ratesOut)),
    '',
    paint('dim', ' timeline'),
  ];
  const room = Math.max(1, rows - 1 - top.length);
  const timeline = view.events.slice(-room).map(({ atMs, text }) => cut(`  ${clock(atMs)}  ${text}`));
  return [...top, ...timeline].slice(0, rows - 1);
}
