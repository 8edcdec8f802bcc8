/**
 * Arguments for a program, as one types them: words`-c copy -f flv ${file}`.
 * What is put in is not split; an array is as many arguments.
 */
export function words(text: TemplateStringsArray, ...values: ReadonlyArray<string | readonly string[]>): string[] {
  const result: string[] = [];
  let word = '';
  const end = () => {
    if (word !== '') result.push(word);
    word = '';
  };
  for (const [index, part] of text.entries()) {
    const [first = '', ...others] = part.split(/\s+/u);
    word += first;
    for (const other of others) {
      end();
      word = other;
    }
    const value = values[index];
    if (typeof value === 'string') word += value;
    else if (value !== undefined) result.push(...value);
  }
  end();
  return result;
}
