import type { Scenario } from '../scenario.ts';
import { kill } from './kill.ts';
import { flushAll, sentinel } from './redis-loss.ts';
import { soak } from './soak.ts';
import { sourceLink } from './source-link.ts';
import { zombie } from './zombie.ts';

/** Every scenario, in the order of their numbers. */
export const scenarios: readonly Scenario[] = [kill, zombie, flushAll, sentinel, sourceLink, soak];
