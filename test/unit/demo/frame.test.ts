import { describe, expect, it } from 'vitest';
import { DemoView } from '../../../scripts/demo/demo-view.ts';
import { clock, grouped, renderFrame, sparkLine } from '../../../scripts/demo/frame.ts';

function busyView(): DemoView {
  const view = new DemoView('Heaviside: MySQL 9.7.4 → Kafka, three replicas, exactly once', 100_000);
  view.replicas = [
    { name: 'replica-1', role: 'killed', epoch: null, lagSeconds: null, pid: 101 },
    { name: 'replica-2', role: 'leader', epoch: 2, lagSeconds: 0.04, pid: 102 },
    { name: 'replica-3', role: 'standby', epoch: null, lagSeconds: null, pid: 103 },
  ];
  view.now = 'x'.repeat(300);
  for (let index = 0; index < 50; index += 1) view.tell(`event ${index} ${'y'.repeat(200)}`);
  for (let index = 0; index < 100; index += 1) view.sample(index * 500, index * 490);
  return view;
}

describe('renderFrame', () => {
  it.each([
    [100, 30],
    [80, 24],
    [60, 20],
    [200, 60],
  ])('fits a terminal of %i × %i', (columns, rows) => {
    const lines = renderFrame(busyView(), { columns, rows, hasColour: false });
    expect(lines.length).toBe(Math.min(rows - 1, 16 + 50));
    for (const line of lines.slice(0, 3)) expect(line.length).toBeLessThan(columns);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(Math.max(columns, 70));
  });

  it('shows who leads, the counts and the last events', () => {
    const text = renderFrame(busyView(), { columns: 100, rows: 30, hasColour: false }).join('\n');
    expect(text).toMatch(/replica-2\s+● LEADER\s+2\s+0\.0 s\s+102/);
    expect(text).toMatch(/replica-1\s+✖ killed\s+–/);
    expect(text).toMatch(/committed in the source\s+49,500 rows .*49 %/);
    expect(text).toContain('event 49');
    expect(text).not.toContain('event 1 ');
  });

  it('writes escape codes only where colour is wanted', () => {
    const size = { columns: 100, rows: 30 };
    expect(renderFrame(busyView(), { ...size, hasColour: false }).join('')).not.toContain('\u001b');
    expect(renderFrame(busyView(), { ...size, hasColour: true }).join('')).toContain('\u001b[32m● LEADER');
  });
});

it('sparkLine scales to the greatest value and keeps the newest', () => {
  expect(sparkLine([9, 0, 7, 14], 3)).toBe('▁▅█');
  expect(sparkLine([0, 0], 5)).toBe('▁▁');
});

it('clock and grouped', () => {
  expect([clock(0), clock(83_456), clock(3_600_000)]).toEqual(['00:00.0', '01:23.4', '60:00.0']);
  expect(grouped(1_234_567.8)).toBe('1,234,568');
});
