import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../scripts/stack/run-command.ts';

/** Files of a certificate: PEM, the key without a password. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  /** Key and certificate in one file, as Java's PEM stores have them. */
  readonly both: string;
}

/** A certificate authority of a test's own. */
export class Authority {
  /** Path of its certificate. */
  readonly cert: string;
  readonly #dir: string;
  readonly #key: string;

  private constructor(dir: string, name: string) {
    this.#dir = dir;
    this.cert = join(dir, `${name}.pem`);
    this.#key = join(dir, `${name}.key`);
  }

  /** @param dir where its files go */
  static async create(dir: string, name: string): Promise<Authority> {
    const authority = new Authority(dir, name);
    await request(authority.#key, authority.cert, ['-subj', `/CN=${name}`]);
    return authority;
  }

  get pem(): string {
    return readFileSync(this.cert, 'utf8');
  }

  /** @param names the hosts that it is good for: `DNS:localhost`, `IP:127.0.0.1`; none for a client's */
  async issue(name: string, names: readonly string[] = []): Promise<CertificateFiles> {
    const file = (ending: string): string => join(this.#dir, `${name}.${ending}`);
    const [cert, key, both] = [file('pem'), file('key'), file('both.pem')];
    await request(key, cert, [
      '-subj',
      `/CN=${name}`,
      '-CA',
      this.cert,
      '-CAkey',
      this.#key,
      '-addext',
      'basicConstraints=critical,CA:FALSE',
      ...(names.length === 0 ? [] : ['-addext', `subjectAltName=${names.join(',')}`]),
    ]);
    await runCommand('sh', ['-c', 'cat "$0" "$1" > "$2"', key, cert, both]);
    return { cert, key, both };
  }
}

async function request(key: string, cert: string, args: readonly string[]): Promise<void> {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await runCommand('openssl', [
    'req',
    '-x509',
    ...curve,
    '-days',
    '2',
    '-keyout',
    key,
    '-out',
    cert,
    ...args,
  ]);
}
