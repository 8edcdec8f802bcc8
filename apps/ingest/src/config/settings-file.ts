/** What a file of settings says, and what is wrong with it. */
export interface SettingsFile {
  readonly values: NodeJS.Dict<string>;
  /** Each with its line and its fix, without what the line says: it may be a key. */
  readonly problems: readonly string[];
}

/** NAME=VALUE, as shells write it into their files. */
const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*)$/su;
/** Behind a value in quotes. */
const REST = /^\s*(?:#.*)?$/u;
/** More problems than these are those of a file of another kind. */
const MAX_PROBLEMS = 5;

/**
 * Reads lines NAME=VALUE, comments and blank lines. A value may stand in
 * quotes (`"`, `'` or `` ` ``), and goes on over several lines then; `\n` in
 * double quotes is a line break. Without quotes it ends at ` #`. The last of
 * two with one name wins. The same in every version of Node, whose `parseEnv`
 * takes a setting for the value of a line without one.
 */
export function parseSettingsFile(text: string): SettingsFile {
  if (/[\0\ufffd]/u.test(text)) return { values: {}, problems: ['it is not text in UTF-8; save it as that'] };
  const values: NodeJS.Dict<string> = {};
  const problems: string[] = [];
  const lines = text.replace(/^\ufeff/u, '').split(/\r\n|[\n\r]/u);
  for (let index = 0; index < lines.length && problems.length < MAX_PROBLEMS; index++) {
    const line = lines[index]!.trim();
    if (line === '' || line.startsWith('#')) continue;
    const at = `line ${index + 1}`;
    const [, name, value = ''] = ASSIGNMENT.exec(line) ?? [];
    if (name === undefined) {
      problems.push(`${at} is no NAME=VALUE; write one, or # before a comment`);
    } else if (!/^["'`]/u.test(value)) {
      values[name] = value.replace(/(?:^|\s+)#.*$/u, '');
    } else {
      const quoted = readQuoted(value, lines, index);
      if (quoted === undefined) problems.push(`${at} has a ${value[0]} that is not closed; close it behind the value`);
      else if (!REST.test(quoted.rest)) problems.push(`${at} goes on behind its closing ${value[0]}; end it there`);
      else values[name] = value.startsWith('"') ? quoted.text.replaceAll('\\n', '\n') : quoted.text;
      index = quoted?.last ?? index;
    }
  }
  return { values, problems };
}

/** A value in quotes that begins in a line; undefined when nothing closes it. */
function readQuoted(
  value: string,
  lines: readonly string[],
  first: number,
): { text: string; rest: string; last: number } | undefined {
  const [quote] = value;
  const parts = [];
  for (let last = first, part = value.slice(1); ; part = lines[last]!) {
    const end = part.indexOf(quote!);
    parts.push(end < 0 ? part : part.slice(0, end));
    if (end >= 0) return { text: parts.join('\n'), rest: part.slice(end + 1), last };
    if (++last >= lines.length) return undefined;
  }
}
