import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ResourcePatternTypes,
  type AclEntry,
} from 'kafkajs';

const page = readFileSync(fileURLToPath(new URL('../../docs/security.md', import.meta.url)), 'utf8');

/** The lines of the first block of code below a heading of docs/security.md. */
export function documentedLines(heading: string): string[] {
  const start = page.indexOf(`\n${heading}\n`);
  const block = start < 0 ? null : /\n```\w*\n([^]*?)\n```\n/.exec(page.slice(start + heading.length + 1));
  const text = block?.[1];
  if (text === undefined) throw new Error(`docs/security.md has no block below "${heading}"`);
  return text.split('\n').filter((line) => line.trim() !== '');
}

const operations: Readonly<Record<string, AclOperationTypes>> = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
};

/** The bindings that a line of `kafka-acls.sh --add` makes. */
function bindingsOf(line: string): AclEntry[] {
  const words = line.split(/\s+/);
  const after = (flag: string): string[] =>
    words.flatMap((word, index) => (word === flag ? [words[index + 1] ?? ''] : []));
  const [principal = ''] = after('--allow-principal');
  const [topic] = after('--topic');
  const [transactionalId] = after('--transactional-id');
  const isPrefix = after('--resource-pattern-type')[0] === 'prefixed';
  const used = 2 + 2 * (1 + after('--operation').length + 1) + (isPrefix ? 2 : 0);
  if (words.length !== used || (topic === undefined) === (transactionalId === undefined))
    throw new Error(`not understood: ${line}`);
  return after('--operation').map((operation) => ({
    principal,
    host: '*',
    operation: operations[operation] ?? AclOperationTypes.UNKNOWN,
    permissionType: AclPermissionTypes.ALLOW,
    resourceType: topic === undefined ? AclResourceTypes.TRANSACTIONAL_ID : AclResourceTypes.TOPIC,
    resourceName: topic ?? transactionalId ?? '',
    resourcePatternType: isPrefix ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
  }));
}

/** The ACLs of a block of docs/security.md, for another cluster and account than those of the page. */
export function documentedAcls(heading: string, clientId: string, account: string): AclEntry[] {
  return documentedLines(heading)
    .filter((line) => line.startsWith('kafka-acls.sh --add'))
    .map((line) => line.replace('User:heaviside', `User:${account}`).replaceAll('shop', clientId))
    .flatMap(bindingsOf);
}
