/** One `key=value` of a file, with the line it starts on (from 1). */
export interface Property {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

/** @throws SyntaxError on a `\u` without four hexadecimal digits */
function unescape(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|(.)|$)/gsu,
    (_, code: string | undefined, single: string | undefined) => {
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
      if (single === 'u') throw new SyntaxError('a \\u is not followed by four hexadecimal digits');
      return single === undefined ? '' : (escapes[single] ?? single);
    },
  );
}

/** Natural lines joined to logical ones: an odd number of backslashes at the end continues a line. */
function* logicalLines(text: string): Generator<{ content: string; line: number }> {
  const lines = text.replace(/^\uFEFF/u, '').split(/\r\n|\r|\n/u);
  for (let i = 0; i < lines.length; i++) {
    const line = i + 1;
    let content = (lines[i] ?? '').replace(/^[ \t\f]+/u, '');
    if (content === '' || content.startsWith('#') || content.startsWith('!')) continue;
    while (/(?<!\\)(?:\\\\)*\\$/u.test(content)) {
      i++;
      content = content.slice(0, -1) + (lines[i] ?? '').replace(/^[ \t\f]+/u, '');
    }
    yield { content, line };
  }
}

/**
 * Reads Java's .properties grammar (java.util.Properties#load): `=`, `:` or blanks between key and value, `#` and `!`
 * comments, `\` continuation and escapes, `\uXXXX`; blanks at the end stay in the value. Keys may repeat.
 * @throws SyntaxError with the line, on a malformed `\u`
 */
export function parseProperties(text: string): Property[] {
  const properties: Property[] = [];
  for (const { content, line } of logicalLines(text)) {
    const key = /^(?:\\.|[^\\=: \t\f])*/su.exec(content)?.[0] ?? '';
    const value = content.slice(key.length).replace(/^[ \t\f]*(?:[=:][ \t\f]*)?/u, '');
    try {
      properties.push({ key: unescape(key), value: unescape(value), line });
    } catch (error) {
      if (error instanceof SyntaxError) throw new SyntaxError(`line ${line}: ${error.message}`);
      throw error;
    }
  }
  return properties;
}
