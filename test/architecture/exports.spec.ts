import { readdirSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { dirname, join } from 'node:path/posix';
import ts from 'typescript';

/*
 * What a file exports is what other files name; the rest is its own, and whoever changes it need not look further.
 * A type may also be exported because something else that is exported is made of it.
 */

const FOLDERS = ['apps', 'libs', 'src', 'test'];

/** What leads out of the project: what nobody in it imports from there is for those who use the package. */
const isDoor = (file: string) =>
  /^src\/(?:test-kit\/)?index\.ts$/u.test(file) || /^libs\/[a-z]+\/src\/index\.ts$/u.test(file);

/** Tables of errors are for whoever writes about errors: a test finds them by their names. */
const isFoundByName = (name: string) => name.endsWith('_ERRORS');

/** A file and what other files can import from it. */
interface Source {
  readonly file: string;
  readonly exports: readonly { name: string; statement: ts.Statement }[];
}

const sources: Source[] = [];
/** Names that some file imports, as `file: name`. */
const imported = new Set<string>();

for (const file of FOLDERS.flatMap(filesOf)) {
  const { statements } = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  sources.push({
    file,
    exports: statements.flatMap((statement) => exportsOf(statement).map((name) => ({ name, statement }))),
  });
  for (const name of statements.flatMap((statement) => importsOf(statement, file))) imported.add(name);
}

it('knows the files of the project, and what they have from each other', () => {
  expect(sources.length).toBeGreaterThan(500);
  expect(imported).toContain('libs/amf/src/index.ts: decodeAmf0');
  expect(imported).toContain('libs/amf/src/amf0-decoder.ts: decodeAmf0');
});

it('exports nothing that no other file imports', () => {
  const needless = sources
    .filter(({ file }) => !isDoor(file))
    .flatMap(({ file, exports }) =>
      exports
        .filter(({ name }) => !imported.has(`${file}: ${name}`) && !isFoundByName(name))
        .filter((one) => !isPartOfAnother(one, exports))
        .map(({ name }) => `${file}: ${name}`),
    );
  expect(needless).toEqual([]);
});

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file.split(sep).join('/')}`)
    .filter((file) => file.endsWith('.ts'));
}

function isPartOfAnother({ name, statement }: Source['exports'][number], all: Source['exports']): boolean {
  if (!ts.isInterfaceDeclaration(statement) && !ts.isTypeAliasDeclaration(statement)) return false;
  const mention = new RegExp(`\\b${name}\\b`, 'u');
  return all.some((other) => other.statement !== statement && mention.test(other.statement.getText()));
}

function exportsOf(statement: ts.Statement): string[] {
  if (ts.isExportDeclaration(statement)) return statement.moduleSpecifier ? [] : namesOf(statement.exportClause);
  if (!ts.canHaveModifiers(statement)) return [];
  if (!ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
  }
  return [(statement as ts.DeclarationStatement).name!.text];
}

/** What is imported, or passed on. */
function importsOf(statement: ts.Statement, file: string): string[] {
  if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
  if (statement.moduleSpecifier === undefined) return [];
  const from = target(file, (statement.moduleSpecifier as ts.StringLiteral).text);
  const clause = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : statement.exportClause;
  return namesOf(clause).map((name) => `${from}: ${name}`);
}

/** The names between the braces, as the other side calls them. */
function namesOf(clause: ts.NamedImportBindings | ts.NamedExportBindings | undefined): string[] {
  if (clause === undefined || !('elements' in clause)) return [];
  return clause.elements.map(({ propertyName, name }) => (propertyName ?? name).text);
}

function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : boundNames(element.name)));
}

/** The file that a specifier leads to. */
function target(file: string, specifier: string): string {
  if (specifier === '#src') return 'src/index.ts';
  if (specifier.startsWith('.')) return join(dirname(file), specifier.replace(/\.js$/u, '.ts'));
  return specifier.replace(/^#lib\/(.*)$/u, 'libs/$1/src/index.ts').replace(/^#test\/(.*)$/u, 'test/support/$1.ts');
}
