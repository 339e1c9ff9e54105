/** A key and its text as one place gives them, before anything is known of the key. */
export interface Setting {
  readonly key: string;
  readonly text: string;
  /** The place for messages: `--key`, `environment HEAVISIDE_KEY`, `config.properties:12`. */
  readonly where: string;
  /** True where an unknown key is only worth a warning, because others use the place too. */
  readonly isShared?: true;
  /** Why there is no text. */
  readonly problem?: string;
}

/** Settings of one level of precedence, or several read from one place. */
export interface SettingSource {
  readonly settings: Setting[];
  readonly problems: string[];
}
