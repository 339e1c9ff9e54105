import type { RowChanges, ScriptInput, ScriptVerdict } from '../model/row-script.ts';
import { jsonOf, ScriptValueError } from './script-json.ts';
import { PlainEntries, scriptMap } from './script-map.ts';
import { ScriptMembers } from './script-members.ts';

/** The members of the envelope, which an extra attribute may not take the name of. */
const envelopeNames: ReadonlySet<string> = new Set(
  `database table query type ts xid xoffset commit position gtid server_id thread_id schema_id push_ts comment
  primary_key primary_key_columns message_id data old encrypted _uuid reason`.split(/\s+/u),
);

/** Attributes that a script adds to the envelope. */
class ExtraAttributes extends PlainEntries {
  override set(name: string, value: unknown): void {
    if (envelopeNames.has(name)) {
      throw new ScriptValueError(`extra attribute \`${name}\` has the name of a member of the envelope`);
    }
    super.set(name, value);
  }
}

const optionalText = (value: unknown): string | null =>
  value === null || value === undefined || value === '' ? null : String(value as string);

/** The `row` of process_row: names and meaning are Maxwell's. What is not writable there is not writable here. */
export class ScriptRow {
  readonly data: object;
  readonly old_data: object;
  readonly extra_attributes: object;
  readonly #input: ScriptInput;
  readonly #data: ScriptMembers;
  readonly #old: ScriptMembers;
  readonly #extra = new ExtraAttributes();
  #query: string | null;
  #topic: string | null = null;
  #partitionText: string | null = null;
  #isSuppressed = false;

  constructor(input: ScriptInput, parse: (text: string) => unknown) {
    this.#input = input;
    this.#query = input.query;
    this.#data = new ScriptMembers(input.data, parse);
    this.#old = new ScriptMembers(input.old, parse);
    this.data = scriptMap(this.#data);
    this.old_data = scriptMap(this.#old);
    this.extra_attributes = scriptMap(this.#extra);
    Object.freeze(this);
  }

  get type(): string {
    return this.#input.type;
  }

  get database(): string {
    return this.#input.database;
  }

  get table(): string {
    return this.#input.table;
  }

  get position(): string {
    return this.#input.position;
  }

  get xid(): number | bigint | null {
    const { xid } = this.#input;
    return xid !== null && Number.isSafeInteger(Number(xid)) ? Number(xid) : xid;
  }

  get server_id(): number {
    return this.#input.serverId;
  }

  get thread_id(): number | null {
    return this.#input.threadId;
  }

  /** Seconds since 1970. */
  get timestamp(): number {
    return this.#input.timestampSeconds;
  }

  get query(): string | null {
    return this.#query;
  }

  set query(text: unknown) {
    this.#query = optionalText(text);
  }

  get kafka_topic(): string | null {
    return this.#topic;
  }

  set kafka_topic(topic: unknown) {
    this.#topic = optionalText(topic);
  }

  get partition_string(): string | null {
    return this.#partitionText;
  }

  set partition_string(text: unknown) {
    this.#partitionText = optionalText(text);
  }

  suppress(): void {
    this.#isSuppressed = true;
  }

  /** What the script has made of it. Of no use to a script: the host calls it through the class. */
  static verdict(row: ScriptRow): ScriptVerdict {
    return row.#verdict();
  }

  #verdict(): ScriptVerdict {
    if (this.#isSuppressed) return 'suppressed';
    const isChanged =
      this.#data.isChanged() ||
      this.#old.isChanged() ||
      this.#extra.names().length > 0 ||
      this.#query !== this.#input.query ||
      this.#topic !== null ||
      this.#partitionText !== null;
    return isChanged ? this.#changes() : 'unchanged';
  }

  #changes(): RowChanges {
    return {
      data: this.#data.members(),
      old: this.#old.members(),
      extraAttributes: this.#extra.names().map((name) => ({ name, json: jsonOf(this.#extra.get(name)) })),
      query: this.#query,
      topic: this.#topic,
      partitionText: this.#partitionText,
    };
  }
}
