import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isOptionName, type OptionName } from '../../src/config/options.ts';
import type { MutationTest } from '../mutations/mutation.ts';

export type Delivery = 'exactly_once' | 'at_least_once';

/** A test that goes red where the product passes over the option. */
export interface OptionProof {
  readonly project: MutationTest['project'];
  readonly file: string;
  /** What stands behind the tag in the test's title; empty where the tag is the whole of it. */
  readonly title: string;
  /** The modes that it runs in; none: what it looks at does not know the mode. */
  readonly deliveries: readonly Delivery[];
}

/** A tag at the beginning of a title: `[kafka.acks@at_least_once, delivery] …`. */
const tag = /['"`]\[([a-z][\w.@, ]*)\]([^'"`\n]*)/gu;

const projects = { unit: 'unit', property: 'unit', integration: 'integration', ha: 'ha' } as const;

function testFiles(root: string): string[] {
  return Object.keys(projects).flatMap((folder) =>
    readdirSync(join(root, 'test', folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => join(root, 'test', folder, file)),
  );
}

const isDelivery = (word: string): word is Delivery => word === 'exactly_once' || word === 'at_least_once';

/**
 * The tests that carry the tag of an option, by option.
 * @throws Error for a tag that names no option or no mode
 */
export function optionProofs(root: string): ReadonlyMap<OptionName, readonly OptionProof[]> {
  const proofs = new Map<OptionName, OptionProof[]>();
  for (const path of testFiles(root).sort()) {
    const file = relative(root, path);
    const folder = file.split('/')[1] as keyof typeof projects;
    for (const [, names = '', title = ''] of readFileSync(path, 'utf8').matchAll(tag)) {
      for (const item of names.split(', ')) {
        const [name = '', ...modes] = item.split('@');
        if (!isOptionName(name)) {
          if (modes.length > 0) throw new Error(`${file}: [${item}] names no option`);
          continue;
        }
        if (!modes.every(isDelivery)) throw new Error(`${file}: [${item}] names a mode that is none`);
        const proof = { project: projects[folder], file, title: title.trim(), deliveries: modes };
        proofs.set(name, [...(proofs.get(name) ?? []), proof]);
      }
    }
  }
  return proofs;
}

/** A pattern that fits the titles with the tag of an option. */
export const tagPattern = (name: OptionName): string =>
  `\\[([^\\]]*, )?${name.replaceAll('.', '\\.')}(@[\\w@]*)?(, [^\\]]*)?\\]`;
