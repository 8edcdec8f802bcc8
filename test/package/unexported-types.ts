import ts from 'typescript';

/**
 * The types that stand in the declarations of what a package exports, and that no entry of it exports: who uses the
 * package gets them and cannot name them. What is `private` or `@internal` is not looked at, nor what a class
 * implements, whose members are its own.
 *
 * @param entries declaration files of all entries
 * @returns of each one who has it, as `RtmpServer.on: Listener`
 */
export function unexportedTypes(entries: readonly string[]): string[] {
  const program = ts.createProgram(entries, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: [],
  });
  const checker = program.getTypeChecker();
  const resolved = (symbol: ts.Symbol): ts.Symbol =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

  const exported = new Set<ts.Symbol>();
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
    for (const symbol of checker.getExportsOfModule(module)) exported.add(resolved(symbol));
  }

  const found = new Set<string>();
  const visit = (node: ts.Node, owner: string): void => {
    if (isHidden(node)) return;
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node);
      const named = symbol && resolved(symbol);
      if (named?.declarations?.some(isOfPackage) && !exported.has(named)) found.add(`${owner}: ${named.name}`);
    }
    const isMember = ts.isClassElement(node) || ts.isTypeElement(node);
    const path = isMember ? `${owner}.${node.name?.getText() ?? 'constructor'}` : owner;
    ts.forEachChild(node, (child) => visit(child, path));
  };
  for (const symbol of exported) {
    for (const declaration of symbol.declarations ?? []) visit(declaration, symbol.name);
  }
  return [...found].sort();
}

function isHidden(node: ts.Node): boolean {
  if (ts.isHeritageClause(node)) return node.token === ts.SyntaxKind.ImplementsKeyword;
  const isPrivate =
    ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) === true;
  return isPrivate || ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal');
}

/** A declaration of a name that a module could export, in a file that is not of a dependency. */
function isOfPackage(node: ts.Node): boolean {
  const isName =
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isEnumDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isVariableDeclaration(node);
  return isName && node.getSourceFile().fileName.includes('/dist/');
}
