import ts from 'typescript';

/** @returns the titles of the tests and groups of tests in the text of a test file, but not of those that are skipped */
export function testTitlesIn(text: string): string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    const words = ts.isCallExpression(node) ? calleeOf(node) : [];
    if (words.includes('skip') || words.includes('todo')) return;
    if (ts.isCallExpression(node) && ['it', 'test', 'describe'].includes(words[0] ?? '')) titles.push(titleOf(node));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('x.test.ts', text, ts.ScriptTarget.Latest));
  return titles.filter((title) => title !== '');
}

/** @returns the words of what is called: `it`, `each` of `it.each(…)('…')` */
function calleeOf(node: ts.Node): string[] {
  if (ts.isCallExpression(node)) return calleeOf(node.expression);
  if (ts.isTaggedTemplateExpression(node)) return calleeOf(node.tag);
  if (ts.isPropertyAccessExpression(node)) return [...calleeOf(node.expression), node.name.text];
  return ts.isIdentifier(node) ? [node.text] : [];
}

function titleOf({ arguments: [title] }: ts.CallExpression): string {
  if (title && ts.isStringLiteralLike(title)) return title.text;
  return title && ts.isTemplateExpression(title) ? title.head.text : '';
}
