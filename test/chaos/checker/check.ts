import { ChunkPlaces } from './chunk-places.ts';
import { checkCheckpoints, checkEpochs } from './control-check.ts';
import type { CheckInput } from './evidence-input.ts';
import { checkFinalState } from './final-check.ts';
import { Findings } from './findings.ts';
import { NamedLedger } from './named-ledger.ts';
import { SnapshotCheck } from './snapshot-check.ts';
import { StreamCheck } from './stream-check.ts';

/** Checks I1 to I8 exactly. (I9 is a matter of the clock: the round measures it.) */
export function check(input: CheckInput): Findings {
  const findings = new Findings();
  const ledger = new NamedLedger(input);
  const places = new ChunkPlaces(input.records, ledger);
  new StreamCheck(input, ledger, findings).run();
  new SnapshotCheck(input, ledger, places, findings).run();
  checkEpochs(input, findings);
  checkCheckpoints(input, findings);
  checkFinalState(input, ledger, places, findings);
  return findings;
}
