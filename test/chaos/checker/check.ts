import { checkCheckpoints, checkEpochs } from './control-check.ts';
import type { CheckInput } from './evidence-input.ts';
import { checkFinalState } from './final-check.ts';
import { Findings } from './findings.ts';
import { StreamCheck } from './stream-check.ts';

/** Checks I1 to I8 exactly. (I9 is a matter of the clock: the round measures it.) */
export function check(input: CheckInput): Findings {
  const findings = new Findings();
  new StreamCheck(input, findings).run();
  checkEpochs(input, findings);
  checkCheckpoints(input, findings);
  checkFinalState(input, findings);
  return findings;
}
