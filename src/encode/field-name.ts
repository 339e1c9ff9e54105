/**
 * output_naming_strategy=underscore_to_camelcase: the letter after an underscore becomes upper case and the underscore goes;
 * leading and trailing underscores go too. A name of underscores alone stays.
 */
export function camelCaseName(name: string): string {
  let result = '';
  for (let i = 0; i < name.length; i++) {
    const character = name.charAt(i);
    if (character !== '_') {
      result += character;
    } else if (result !== '' && i + 1 < name.length) {
      i++;
      result += name.charAt(i).toUpperCase();
    }
  }
  return result === '' ? name : result;
}
