import { join } from 'node:path';
import ts from 'typescript';
import { allPages, type CodeBlock, type Page, ROOT } from './markdown.js';

/** The examples of one page that make one module, as a file that exists only for the compiler. */
interface Example {
  readonly file: string;
  readonly page: Page;
  readonly blocks: CodeBlock[];
}

/**
 * Every `ts` block is a module as it stands and is compiled with the settings
 * of the project; `ts continued` goes on where the block before it ended. They
 * import the package by its name, as users do: package.json resolves it.
 */
const examples = allPages().flatMap(examplesOf);

it('the examples of README and docs compile', () => {
  expect(examples.length).toBeGreaterThan(0);
  expect(compile(examples)).toEqual([]);
});

it('an example that does not compile is noticed', () => {
  const { page, blocks } = examples[0]!;
  const code = `import { RtmpServer } from 'nest-rtmp';\nexport const server: string = RtmpServer;`;
  const wrong = { page, blocks: [{ ...blocks[0]!, code }], file: join(ROOT, 'docs/wrong.example.ts') };
  expect(compile([wrong])).toEqual([expect.stringContaining("is not assignable to type 'string'")]);
});

function examplesOf(page: Page): Example[] {
  const found: Example[] = [];
  for (const block of page.blocks) {
    if (block.info[0] !== 'ts') continue;
    if (block.info[1] === 'continued') {
      found.at(-1)!.blocks.push(block);
    } else {
      const file = join(ROOT, page.path.replace(/\.md$/u, `-${block.line}.example.ts`));
      found.push({ file, page, blocks: [block] });
    }
  }
  return found;
}

/** What the compiler says, by page and line. */
function compile(modules: readonly Example[]): string[] {
  const texts = new Map(modules.map(({ file, blocks }) => [file, blocks.map(({ code }) => code).join('\n')]));
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, ROOT);
  const settings: ts.CompilerOptions = { ...options, types: ['node'], noEmit: true, incremental: false };
  // The host reads through itself, so it is changed and not copied.
  const host = Object.assign(ts.createCompilerHost(settings), {
    fileExists: (file: string) => texts.has(file) || ts.sys.fileExists(file),
    readFile: (file: string) => texts.get(file) ?? ts.sys.readFile(file),
  });
  const program = ts.createProgram([...texts.keys()], settings, host);
  return modules.flatMap((example) => {
    const source = program.getSourceFile(example.file)!;
    const problems = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return problems.map((problem) => describeProblem(example, source, problem));
  });
}

function describeProblem({ page, blocks }: Example, source: ts.SourceFile, problem: ts.Diagnostic): string {
  let { line } = source.getLineAndCharacterOfPosition(problem.start ?? 0);
  let block = blocks[0]!;
  for (const next of blocks) {
    block = next;
    const length = next.code.split('\n').length;
    if (line < length) break;
    line -= length;
  }
  return `${page.path}:${block.line + line}: ${ts.flattenDiagnosticMessageText(problem.messageText, '\n')}`;
}
