import { readFileSync } from 'node:fs';
import { HeavisideError } from '../errors.ts';

/** The text of a PEM file; undefined where none is named. @throws CONFIG_INVALID where it cannot be read */
export function readPem(path: string | null): string | undefined {
  if (path === null) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new HeavisideError('CONFIG_INVALID', `${path} cannot be read`, { cause: error });
  }
}
