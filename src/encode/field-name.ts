/**
 * output_naming_strategy=underscore_to_camelcase, as Maxwell does it: an underscore goes, and a letter from a to z behind it
 * becomes upper case, but not at the start of the name; of two underscores the second stays. A name that would be left empty stays.
 */
export function camelCaseName(name: string): string {
  let result = '';
  for (let i = 0; i < name.length; i++) {
    const character = name.charAt(i);
    if (character !== '_') {
      result += character;
    } else if (i + 1 < name.length) {
      const next = name.charAt(i + 1);
      result += i > 0 && next >= 'a' && next <= 'z' ? next.toUpperCase() : next;
      i++;
    }
  }
  return result === '' ? name : result;
}
