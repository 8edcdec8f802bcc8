/**
 * A text of somebody else's, for a terminal: what would move its cursor, change
 * its colours or turn the direction of the text is written as `\u001b`. Line
 * breaks and tabs stay.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, (character) =>
    character === '\n' || character === '\t' ? character : escaped(character),
  );
}

/** The same for a text that is one line. */
export function printableLine(text: string): string {
  return printable(text).replaceAll(/[\n\t]/gu, (character) => (character === '\n' ? '\\n' : '\\t'));
}

function escaped(character: string): string {
  return `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`;
}
