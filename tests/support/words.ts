import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';

const library = new URL('../../lib/', import.meta.url);
/** What code that is not ours looks for on values: promises, JSON, the SDK. */
const others = ['latest', 'then', 'toJSON', 'wrappedNumber', 'S', 'N', 'M', 'L', 'NULL', 'BOOL'];

/** @returns every name of a property that the code of the service uses, and those that every object has */
export function wordsOfCode(): string[] {
  const files = globSync('{domain,store,use-cases}/*.ts', { cwd: library });
  const texts = files.map((file) => readFileSync(new URL(file, library), 'utf8'));
  const own = texts.flatMap((text) => propertiesIn(ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest)));
  return [...new Set([...own, ...Object.getOwnPropertyNames(Object.prototype), ...others])].sort();
}

function propertiesIn(node: ts.Node): string[] {
  const found = propertyName(node);
  ts.forEachChild(node, (child) => void found.push(...propertiesIn(child)));
  return found;
}

function propertyName(node: ts.Node): string[] {
  if (ts.isStringLiteral(node) && /^\w+$/.test(node.text)) return [node.text];
  const isProperty =
    ts.isPropertyAccessExpression(node) ||
    ts.isPropertyAssignment(node) ||
    ts.isShorthandPropertyAssignment(node) ||
    ts.isPropertySignature(node) ||
    ts.isPropertyDeclaration(node);
  return isProperty && ts.isIdentifier(node.name) ? [node.name.text] : [];
}
