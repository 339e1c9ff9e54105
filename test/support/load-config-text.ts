import { loadConfig, type LoadedConfig } from '../../src/config/load.ts';

export interface ConfigText {
  /** Content of ./config.properties; none: there is no file. */
  readonly file?: string;
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Further files by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Loads a configuration from texts, without a file system. */
export function loadConfigText({ file, argv = [], env = {}, files = {} }: ConfigText): LoadedConfig {
  return loadConfig({
    argv,
    env,
    readFile(path) {
      const content = path === './config.properties' && file !== undefined ? file : files[path];
      if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return content;
    },
  });
}

/** The message of the error with which the configuration is refused; empty where it is accepted. */
export function refusalOf(text: ConfigText): string {
  try {
    loadConfigText(text);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
