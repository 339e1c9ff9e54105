/** Most bytes of a character, where that is more than one. */
const BYTES_PER_CHARACTER: Readonly<Record<string, number>> = {
  big5: 2,
  cp932: 2,
  eucjpms: 3,
  euckr: 2,
  gb18030: 4,
  gb2312: 2,
  gbk: 2,
  sjis: 2,
  ucs2: 2,
  ujis: 3,
  utf16: 4,
  utf16le: 4,
  utf32: 4,
  utf8mb3: 3,
  utf8mb4: 4,
};

/** Most bytes of a character in the set. */
export function bytesPerCharacter(charset: string): number {
  return BYTES_PER_CHARACTER[charset] ?? 1;
}

/** The name that both servers have for the set today: utf8 is utf8mb3. */
export function canonicalCharset(name: string): string {
  return name === 'utf8' ? 'utf8mb3' : name;
}

/** The set of a collation by its name; null for MariaDB's collations that go with several sets, and for `default`. */
export function charsetOfCollationName(name: string): string | null {
  if (name === 'default' || name.startsWith('uca1400_')) return null;
  return canonicalCharset(name.split('_')[0] ?? name);
}
