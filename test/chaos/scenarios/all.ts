import type { Scenario } from '../scenario.ts';
import { blockedLoop, clockJumps } from './clock.ts';
import { brokerLoss, kafkaBlackHole } from './kafka-loss.ts';
import { kill } from './kill.ts';
import { alterTable, largeTransaction } from './large.ts';
import { planned } from './planned.ts';
import { outageKept, outageStopped, redisLink, rollback } from './redis-link.ts';
import { flushAll, sentinel } from './redis-loss.ts';
import { rival } from './rival.ts';
import { slice } from './slice.ts';
import { snapshot } from './snapshot.ts';
import { soak } from './soak.ts';
import { caughtUp, lagging, purged } from './source-failover.ts';
import { sourceLink } from './source-link.ts';
import { zombie } from './zombie.ts';

const numbered: readonly Scenario[] = [
  kill,
  zombie,
  redisLink,
  flushAll,
  sentinel,
  outageKept,
  outageStopped,
  rollback,
  brokerLoss,
  kafkaBlackHole,
  sourceLink,
  caughtUp,
  lagging,
  purged,
  clockJumps,
  blockedLoop,
  planned,
  rival,
  largeTransaction,
  alterTable,
  snapshot,
  soak,
];

/** Every scenario, in the order of their numbers, and the short one of many faults. */
export const scenarios: readonly Scenario[] = [...numbered, slice];
