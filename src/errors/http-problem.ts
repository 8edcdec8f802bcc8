/**
 * The body of a refusal over HTTP.
 *
 * @param code stable, to match on
 * @param sentence what is wrong, as the table of errors has it
 * @param detail what it is about, or what to do, a sentence
 */
export function httpProblem<Code extends string>(code: Code, sentence: string, detail: string) {
  return { code, description: `${sentence[0]!.toUpperCase()}${sentence.slice(1)}. ${detail}` };
}
