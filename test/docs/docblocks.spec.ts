import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { ROOT } from './markdown.js';

const LIBS = readdirSync(join(ROOT, 'libs')).map((lib) => `libs/${lib}/src/index.ts`);
const INDEXES = ['src/index.ts', ...LIBS].filter((path) => existsSync(join(ROOT, path)));

/** What somebody who uses the package sees in an editor is all they have: each exported name says what it is. */
const program = ts.createProgram(
  INDEXES.map((path) => join(ROOT, path)),
  {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    rootDir: ROOT,
    outDir: join(ROOT, 'dist'),
    types: [],
  },
);
const checker = program.getTypeChecker();

it.each(INDEXES)('%s: every exported name has a docblock', (path) => {
  const source = program.getSourceFile(join(ROOT, path))!;
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source)!);
  expect(exported.length).toBeGreaterThan(0);
  expect(exported.map(declarationOf).filter(isUndocumented).map(describeDeclaration)).toEqual([]);
});

function declarationOf(symbol: ts.Symbol): ts.Declaration[] {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return target.declarations ?? [];
}

/** One documented declaration is enough: a constant and the type of the same name, overloads. */
function isUndocumented(declarations: readonly ts.Declaration[]): boolean {
  if (declarations.length === 0) throw new Error('an exported name could not be resolved');
  return !declarations.some((declaration) => ts.getJSDocCommentsAndTags(declaration).some(ts.isJSDoc));
}

function describeDeclaration([declaration]: readonly ts.Declaration[]): string {
  const source = declaration!.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition(declaration!.getStart());
  const name = ts.getNameOfDeclaration(declaration!)?.getText() ?? '?';
  return `${relative(ROOT, source.fileName)}:${line + 1}: ${name}`;
}
