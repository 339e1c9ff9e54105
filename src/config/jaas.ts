import { OptionValueError } from './option-type.ts';
import { Secret } from './secret.ts';

export interface JaasLogin {
  readonly module: 'PlainLoginModule' | 'ScramLoginModule';
  readonly username: string;
  readonly password: Secret;
}

/**
 * Reads the login of a `sasl.jaas.config`:
 * `org.apache.kafka.common.security.plain.PlainLoginModule required username="a" password="b";`
 * @throws OptionValueError that never holds the text
 */
export function parseJaasLogin(text: string): JaasLogin {
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
    password: new Secret(password),
  };
}
