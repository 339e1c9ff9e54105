/** One alert of the rules file. */
export interface AlertRule {
  readonly name: string;
  /** Seconds for which its condition must hold. */
  readonly forSeconds: number;
  readonly severity: string;
  /** Path of its runbook page. */
  readonly runbook: string;
}

const seconds = { s: 1, m: 60, h: 3600 } as const;

function secondsOf(duration: string): number {
  const found = /^(\d+)([smh])$/.exec(duration);
  if (found === null) throw new Error(`no duration: ${duration}`);
  return Number(found[1]) * seconds[found[2] as keyof typeof seconds];
}

/** The alerts of a rules file, in its order. @throws Error where one has no severity or no runbook */
export function readAlertRules(text: string): AlertRule[] {
  const blocks = text.split(/^ +- alert: /m).slice(1);
  return blocks.map((block) => {
    const [name = ''] = block.split('\n', 1);
    const [, duration = '0s'] = /^ +for: (\S+)$/m.exec(block) ?? [];
    const [, severity] = /^ +severity: (\S+)$/m.exec(block) ?? [];
    const [, runbook] = /^ +runbook: (\S+)$/m.exec(block) ?? [];
    if (severity === undefined || runbook === undefined)
      throw new Error(`${name} has no severity or no runbook`);
    return { name, forSeconds: secondsOf(duration), severity, runbook };
  });
}

/** The same rules with every `for` divided, a second at least; expressions and their windows stay as they are. */
export function divideDurations(text: string, divisor: number): string {
  if (divisor === 1) return text;
  return text.replaceAll(/^( +for: )(\S+)$/gm, (_line, before: string, duration: string) => {
    return `${before}${Math.max(1, Math.round(secondsOf(duration) / divisor))}s`;
  });
}
