// The two curves of the status page, over the samples that page.js collects.

/** Milliseconds that they show. */
const windowMs = 600_000;
const svgSpace = 'http://www.w3.org/2000/svg';

/** The next of 1, 2, 5 × 10ⁿ. */
function roundNumber(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}

/** The next of 1, 2, 5, 10, 20, 30 seconds or minutes, then of hours. */
function roundTime(seconds) {
  const steps = [1, 60].flatMap((unit) => [1, 2, 5, 10, 20, 30].map((step) => step * unit));
  return steps.find((step) => step >= seconds) ?? 3600 * roundNumber(seconds / 3600);
}

const shown = {
  lag: { column: 1, least: 1, round: roundTime, text: duration },
  rate: { column: 2, least: 10, round: roundNumber, text: (value) => known(value, number) },
};

function shape(name, attributes) {
  const made = document.createElementNS(svgSpace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** The paths of each stretch without a gap: of its line, and of the area below it. */
function stretches(column, top) {
  const found = [];
  let points = [];
  for (const sample of samples) {
    const value = sample[column];
    if (typeof value !== 'number') points = [];
    else {
      if (points.length === 0) found.push(points);
      points.push({ x: atX(sample[0]), y: 120 - (value / top) * 116 });
    }
  }
  return found.map((stretch) => {
    const line = `M${stretch.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}`;
    return { line, area: `${line}L${stretch.at(-1).x} 120L${stretch[0].x} 120Z` };
  });
}

const atX = (at) => 600 - ((samples.at(-1)[0] - at) / windowMs) * 600;

function draw(name) {
  const { column, least, round, text } = shown[name];
  const figure = document.querySelector(`[data-curve="${name}"]`);
  const svg = figure.querySelector('svg');
  if (samples.length === 0) return;
  const values = samples.map((sample) => sample[column]).filter((value) => typeof value === 'number');
  const highest = Math.max(0, ...values);
  const top = round(Math.max(highest, least));
  const parts = [0.5, 1].map((share) => {
    const y = 120 - share * 116;
    return shape('line', { class: 'grid', x1: 0, x2: 600, y1: y, y2: y });
  });
  for (const { line, area } of stretches(column, top)) {
    parts.push(shape('path', { class: 'area', d: area }), shape('path', { class: 'line', d: line }));
  }
  for (const { at } of status.takeovers ?? []) {
    const x = atX(at);
    if (x >= 0) parts.push(shape('line', { class: 'change', x1: x, x2: x, y1: 0, y2: 120 }));
  }
  const now = values.length === 0 ? 'not known' : text(samples.at(-1)[column]);
  svg.setAttribute('aria-label', `now ${now}, at most ${text(highest)} in the last ten minutes`);
  const hovered = figure.hovered;
  if (hovered === undefined) {
    figure.querySelector('output').textContent = `at most ${text(highest)} · scale ${text(top)}`;
  } else {
    const at = samples.at(-1)[0] - (1 - hovered) * windowMs;
    const nearest = samples.reduce((a, b) => (Math.abs(b[0] - at) < Math.abs(a[0] - at) ? b : a));
    const x = atX(nearest[0]);
    parts.push(shape('line', { class: 'cursor', x1: x, x2: x, y1: 0, y2: 120 }));
    figure.querySelector('output').textContent = `${clock(nearest[0])} · ${text(nearest[column])}`;
  }
  svg.replaceChildren(...parts);
}

function drawAll() {
  if (status === null) return;
  for (const name of Object.keys(shown)) draw(name);
}

function watchPointer(name) {
  const figure = document.querySelector(`[data-curve="${name}"]`);
  const svg = figure.querySelector('svg');
  svg.addEventListener('pointermove', ({ clientX }) => {
    const { left, width } = svg.getBoundingClientRect();
    figure.hovered = Math.min(1, Math.max(0, (clientX - left) / width));
    draw(name);
  });
  svg.addEventListener('pointerleave', () => {
    delete figure.hovered;
    draw(name);
  });
}

globalThis.curves = {
  draw: drawAll,
  start: () => {
    for (const name of Object.keys(shown)) watchPointer(name);
  },
};
