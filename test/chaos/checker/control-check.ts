import type { CheckInput } from './evidence-input.ts';
import type { Findings } from './findings.ts';
import { GtidText } from './gtid.ts';

/** I6: epochs never fall, in the positions topic and in each partition of the data topic; no position goes back. */
export function checkEpochs({ records, positions }: CheckInput, findings: Findings): void {
  const highest = new Map<number, number>();
  for (const { partition, offset, epoch, messageId } of records) {
    const former = highest.get(partition) ?? 0;
    if (!(epoch >= former))
      findings.add(
        'I6',
        `partition ${partition} offset ${offset}: ${messageId} of epoch ${epoch} after ${former}`,
      );
    else highest.set(partition, epoch);
  }
  for (const [at, position] of positions.entries()) {
    const former = positions[at - 1];
    if (former === undefined) continue;
    const isNext =
      position.epoch === former.epoch ? position.commit === former.commit + 1 : position.commit === 0;
    if (position.epoch < former.epoch || !isNext)
      findings.add(
        'I6',
        `positions offset ${position.offset}: epoch ${position.epoch} commit ${position.commit} after epoch ${former.epoch} commit ${former.commit}`,
      );
    if (!new GtidText(former.gtidSet).isWithin(new GtidText(position.gtidSet)))
      findings.add('I6', `positions offset ${position.offset}: the position goes back`);
  }
}

/** I7: what Redis held at each sample is a committed position record. */
export function checkCheckpoints({ positions, checkpoints }: CheckInput, findings: Findings): void {
  const committed = new Map(positions.map((position) => [position.offset, position]));
  for (const { at, positionsOffset, epoch, commit } of checkpoints) {
    const position = committed.get(positionsOffset);
    if (position?.epoch === epoch && position.commit === commit) continue;
    const text = `the checkpoint of epoch ${epoch} commit ${commit} at ${new Date(at).toISOString()}`;
    findings.add('I7', `${text}: no such record is committed at offset ${positionsOffset}`);
  }
}
