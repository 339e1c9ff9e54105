/** One line or row of bars of a plot. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

interface Point {
  readonly x: number;
  readonly y: number;
  /** Smallest and largest value seen, drawn as a whisker. */
  readonly least?: number;
  readonly most?: number;
}

interface PlotTexts {
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 80;
const RIGHT = 150;
const TOP = 40;
const BOTTOM = 60;
// Told apart by people who see colours differently (Okabe and Ito).
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'];

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const short = (value: number): string => String(Math.round(value * 10) / 10);
const colourOf = (index: number): string => COLOURS[index % COLOURS.length] as string;

/** The value as a label: 1.5k, 250k, 0.4. */
export function tickLabel(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (value >= 1e3) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}

/** Round values from 0 to at least `most`: at most six. */
export function linearTicks(most: number): number[] {
  const rough = Math.max(most, 1e-9) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let index = 0; index * step < most + step; index++) ticks.push(Number((index * step).toPrecision(12)));
  return ticks;
}

function text(x: number, y: number, content: string, more = ''): string {
  return `<text x="${short(x)}" y="${short(y)}" ${more}>${escapeXml(content)}</text>`;
}

function frame(texts: PlotTexts, ticks: readonly number[], toY: (value: number) => number): string[] {
  const middle = (TOP + HEIGHT - BOTTOM) / 2;
  const lines = [
    text(WIDTH / 2, 22, texts.title, 'text-anchor="middle" font-size="15" font-weight="bold"'),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, texts.x, 'text-anchor="middle"'),
    text(18, middle, texts.y, `text-anchor="middle" transform="rotate(-90 18 ${short(middle)})"`),
  ];
  for (const tick of ticks) {
    const y = toY(tick);
    lines.push(
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${short(y)}" y2="${short(y)}" stroke="#ddd"/>`,
      text(LEFT - 8, y + 4, tickLabel(tick), 'text-anchor="end"'),
    );
  }
  return lines;
}

function legend(names: readonly string[]): string[] {
  return names.flatMap((name, index) => {
    const y = TOP + 14 + index * 18;
    return [
      `<rect x="${WIDTH - RIGHT + 14}" y="${y - 9}" width="10" height="10" fill="${colourOf(index)}"/>`,
      text(WIDTH - RIGHT + 30, y, name),
    ];
  });
}

function document(parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
}

function whisker(x: number, { y, least = y, most = y }: Point, toY: (value: number) => number): string {
  return `<line x1="${short(x)}" x2="${short(x)}" y1="${short(toY(least))}" y2="${short(toY(most))}" stroke="#333"/>`;
}

function scaleOf(series: readonly Series[]): { ticks: number[]; toY: (value: number) => number } {
  const most = Math.max(...series.flatMap(({ points }) => points.map((point) => point.most ?? point.y)));
  const ticks = linearTicks(most);
  const top = ticks.at(-1) ?? 1;
  return { ticks, toY: (value) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP) };
}

/** Lines over a logarithmic x axis, with the y axis from 0. */
export function linePlot(texts: PlotTexts, series: readonly Series[]): string {
  const { ticks, toY } = scaleOf(series);
  const xs = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const [low, high] = [Math.log(xs[0] ?? 1), Math.log(xs.at(-1) ?? 10)];
  const toX = (x: number): number =>
    LEFT + 15 + ((Math.log(x) - low) / (high - low || 1)) * (WIDTH - RIGHT - LEFT - 30);
  const parts = frame(texts, ticks, toY);
  for (const x of xs) parts.push(text(toX(x), HEIGHT - BOTTOM + 18, tickLabel(x), 'text-anchor="middle"'));
  for (const [index, { points }] of series.entries()) {
    const sorted = [...points].sort((a, b) => a.x - b.x);
    const path = sorted.map(({ x, y }) => `${short(toX(x))},${short(toY(y))}`).join(' ');
    parts.push(`<polyline points="${path}" fill="none" stroke="${colourOf(index)}" stroke-width="2"/>`);
    for (const point of sorted) {
      parts.push(
        whisker(toX(point.x), point, toY),
        `<circle cx="${short(toX(point.x))}" cy="${short(toY(point.y))}" r="3.5" fill="${colourOf(index)}"/>`,
      );
    }
  }
  return document([...parts, ...legend(series.map(({ name }) => name))]);
}

/** Groups of bars; x of a point is the number of its group in `groups`. */
export function barPlot(texts: PlotTexts, groups: readonly string[], series: readonly Series[]): string {
  const { ticks, toY } = scaleOf(series);
  const groupWidth = (WIDTH - RIGHT - LEFT) / Math.max(1, groups.length);
  const barWidth = (groupWidth * 0.8) / Math.max(1, series.length);
  const parts = frame(texts, ticks, toY);
  for (const [group, name] of groups.entries())
    parts.push(
      text(
        LEFT + (group + 0.5) * groupWidth,
        HEIGHT - BOTTOM + 18,
        name,
        'text-anchor="middle" font-size="10"',
      ),
    );
  for (const [index, { points }] of series.entries()) {
    for (const point of points) {
      const x = LEFT + (point.x + 0.1) * groupWidth + index * barWidth;
      const y = toY(point.y);
      parts.push(
        `<rect x="${short(x)}" y="${short(y)}" width="${short(barWidth - 1)}" height="${short(HEIGHT - BOTTOM - y)}" fill="${colourOf(index)}"/>`,
        whisker(x + barWidth / 2, point, toY),
      );
    }
  }
  return document([...parts, ...legend(series.map(({ name }) => name))]);
}
