import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block. */
export interface CodeBlock {
  /** What stands behind the fence, e.g. `ts` and `continued`. */
  readonly info: readonly string[];
  readonly code: string;
  /** Line of the page the code begins on, counted from 1. */
  readonly line: number;
}

/** A heading and what follows up to the next heading of any level. */
export interface Section {
  readonly level: number;
  readonly title: string;
  /** What links to it end in. */
  readonly anchor: string;
  /** Text and code; headings of deeper levels have sections of their own. */
  readonly lines: readonly string[];
}

/** A link to somewhere in the repository. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/** One page of documentation, taken apart as far as the tests here need it. */
export class Page {
  readonly sections: readonly Section[];
  readonly blocks: readonly CodeBlock[];
  readonly links: readonly Link[];

  /** @param path from the root of the repository */
  constructor(
    readonly path: string,
    readonly text: string = readFileSync(join(ROOT, path), 'utf8'),
  ) {
    const sections: Array<Section & { lines: string[] }> = [];
    const blocks: CodeBlock[] = [];
    const links: Link[] = [];
    const anchors = new Map<string, number>();
    let open: { info: string[]; line: number; code: string[] } | undefined;
    for (const [index, line] of text.split('\n').entries()) {
      const fence = /^```(.*)$/u.exec(line);
      const heading = open === undefined ? /^(#{1,6}) (.*)$/u.exec(line) : null;
      if (heading !== null) {
        const title = heading[2]!.trim();
        sections.push({ level: heading[1]!.length, title, anchor: uniqueAnchor(title, anchors), lines: [] });
        continue;
      }
      sections.at(-1)?.lines.push(line);
      if (fence === null) {
        if (open === undefined) links.push(...linksOf(line, index + 1));
        else open.code.push(line);
      } else if (open === undefined) {
        open = { info: fence[1]!.trim().split(/\s+/u), line: index + 2, code: [] };
      } else {
        blocks.push({ info: open.info, code: open.code.join('\n'), line: open.line });
        open = undefined;
      }
    }
    if (open !== undefined) throw new Error(`${path}:${open.line}: the code block is not closed`);
    this.sections = sections;
    this.blocks = blocks;
    this.links = links;
  }

  /** Everything that is set as code, in blocks and in lines. */
  get code(): string[] {
    const prose = this.text.replaceAll(/^```.*?^```$/gmsu, '');
    return [...this.blocks.map(({ code }) => code), ...[...prose.matchAll(/`([^`]+)`/gu)].map((match) => match[1]!)];
  }

  /** The one section of this title. */
  section(title: string): Section {
    const found = this.sections.filter((section) => section.title === title);
    if (found.length !== 1) throw new Error(`${this.path} has ${found.length} sections called ${title}`);
    return found[0]!;
  }
}

/** README, CHANGELOG and everything under docs. */
export function allPages(): Page[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => `docs/${file}`);
  return ['README.md', 'CHANGELOG.md', ...docs].map((path) => new Page(path));
}

/** The rows of a section's tables, without their heads; a cell is what stands in it. */
export function tableRows(section: Section): string[][] {
  const rows: string[][] = [];
  let isHead = true;
  for (const line of section.lines) {
    if (!line.startsWith('|')) isHead = true;
    else if (/^\|[\s:|-]+$/u.test(line)) isHead = false;
    else if (!isHead) rows.push(cellsOf(line));
  }
  return rows;
}

/** What a cell says without the marks of code. */
export function plain(cell: string): string {
  return cell.replaceAll('`', '');
}

function cellsOf(line: string): string[] {
  // A pipe inside a cell is written \|.
  const cells = line.split(/(?<!\\)\|/u).map((cell) => cell.trim().replaceAll('\\|', '|'));
  return cells.slice(1, -1);
}

function linksOf(line: string, number: number): Link[] {
  return [...line.replace(/`[^`]*`/gu, '').matchAll(/\]\(([^)\s]+)\)/gu)]
    .map((match) => match[1]!)
    .filter((target) => !/^[a-z]+:/u.test(target))
    .map((target) => ({ target, line: number }));
}

/** As GitHub makes them: lower case, blanks to hyphens, everything else but letters, digits, `-` and `_` dropped. */
function uniqueAnchor(title: string, taken: Map<string, number>): string {
  const anchor = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/gu, '-');
  const count = taken.get(anchor) ?? 0;
  taken.set(anchor, count + 1);
  return count === 0 ? anchor : `${anchor}-${count}`;
}
