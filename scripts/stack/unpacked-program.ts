import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from './stack-error.ts';

/** A program of an unpacked Debian closure: what to run, and its arguments in front of the program's own. */
export interface UnpackedProgram {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * How a program below `root` (an unpacked package with everything it needs) is run: by the packages' own loader and
 * libc, as the system's may be older than the program was built for. Throws StackError where there is no loader.
 * @param program its path below `root`, such as `usr/sbin/mysqld`
 */
export function unpackedProgram(root: string, program: string): UnpackedProgram {
  const base = join(root, 'usr/lib');
  const folders = existsSync(base) ? readdirSync(base).filter((name) => name.endsWith('-linux-gnu')) : [];
  for (const name of folders) {
    const libraries = join(base, name);
    const loader = readdirSync(libraries).find((file) => /^ld-linux.*\.so\.\d+$/.test(file));
    if (loader === undefined) continue;
    return {
      command: join(libraries, loader),
      args: ['--library-path', libraries, join(root, program)],
    };
  }
  throw new StackError(`${root} holds no dynamic loader; remove it and try again`);
}
