import { OptionValueError } from './option-type.ts';
import { Secret } from './secret.ts';

/** A login; from a file, account and password are what stands there now. */
export interface JaasLogin {
  readonly module: 'PlainLoginModule' | 'ScramLoginModule';
  readonly username: string;
  readonly password: Secret;
}

interface LoginText {
  readonly module: JaasLogin['module'];
  readonly username: string;
  readonly password: string;
}

/**
 * Reads the login of a `sasl.jaas.config`:
 * `org.apache.kafka.common.security.plain.PlainLoginModule required username="a" password="b";`
 * @param reread reads the text anew, where it came from a file
 * @throws OptionValueError that never holds the text
 */
export function parseJaasLogin(text: string, reread?: () => string): JaasLogin {
  const login = readLogin(text);
  if (reread === undefined) return { ...login, password: new Secret(login.password) };
  // As a secret: of a file that is being replaced, the former account counts.
  const username = new Secret(login.username, () => readLogin(reread()).username);
  return {
    module: login.module,
    get username() {
      return username.reveal();
    },
    password: new Secret(login.password, () => readLogin(reread()).password),
  };
}

function readLogin(text: string): LoginText {
  const module =
    /^\s*(?:[\w.]+\.)?(PlainLoginModule|ScramLoginModule)\s+(?:required|requisite|sufficient|optional)\b/u.exec(
      text,
    );
  if (module === null)
    throw new OptionValueError('it is not a login by PlainLoginModule or ScramLoginModule');
  const values = new Map<string, string>();
  const pairs = /(\w+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|([^\s;"']+))/gsu;
  for (const [, name, double, single, bare] of text.slice(module[0].length).matchAll(pairs)) {
    if (name !== undefined) values.set(name, (double ?? single ?? bare ?? '').replace(/\\(.)/gsu, '$1'));
  }
  const username = values.get('username');
  const password = values.get('password');
  if (username === undefined || password === undefined)
    throw new OptionValueError('it has no username and password');
  return {
    module: module[1] === 'PlainLoginModule' ? 'PlainLoginModule' : 'ScramLoginModule',
    username,
    password,
  };
}
