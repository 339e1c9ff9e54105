import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { productEntry, productEnv } from '../../test/support/replica-process.ts';

/** The shell commands of a page, line by line. @param section only those below this heading, such as `Look` */
export function shellCommands(page: string, section?: string): string[] {
  const part =
    section === undefined
      ? page
      : (new RegExp(`^## ${section}$([^]*?)(?=^## |(?![^]))`, 'm').exec(page)?.[1] ?? '');
  return [...part.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block = '']) =>
    block.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
  );
}

/** Where the commands find the product and the replica. */
export interface OperatorPlace {
  readonly configFile: string;
  readonly httpPort: number;
}

/** How a command ended. */
export interface CommandEnd {
  readonly command: string;
  readonly code: number;
  readonly output: string;
}

/** Runs a command in a shell that has `heaviside`, HEAVISIDE_CONFIG and REPLICA, as the runbooks say. */
export async function runCommandLine(command: string, place: OperatorPlace): Promise<CommandEnd> {
  const folder = mkdtempSync(join(tmpdir(), 'heaviside-operator-'));
  const program = join(folder, 'heaviside');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${productEntry()}" "$@"\n`);
  chmodSync(program, 0o755);
  const env = {
    ...productEnv(),
    PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
    HEAVISIDE_CONFIG: place.configFile,
    REPLICA: `127.0.0.1:${place.httpPort}`,
  };
  try {
    return await new Promise((resolve) => {
      execFile('bash', ['-o', 'pipefail', '-c', command], { env, timeout: 120_000 }, (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 124;
        resolve({ command, code, output: `${out}${err}`.trim() });
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
