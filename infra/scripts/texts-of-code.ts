import ts from 'typescript';

/** @returns the comments of a source in TypeScript, as Markdown: each tag is a paragraph, and lines of `//` are one */
export function commentsOf(source: string): string[] {
  const file = parse(source);
  const comments = new Map<number, string>();
  const add = (ranges: readonly ts.CommentRange[] = []) => {
    for (const { pos, end } of ranges) comments.set(pos, source.slice(pos, end));
  };
  forEachToken(file, file, (token) => {
    add(ts.getLeadingCommentRanges(source, token.getFullStart()));
    add(ts.getTrailingCommentRanges(source, token.getEnd()));
  });
  const inOrder = [...comments].sort(([a], [b]) => a - b).map(([, comment]) => comment);
  return joinLines(inOrder.filter((comment) => !/biome-ignore|^\/\/ @ts-/.test(comment)));
}

/** @returns the texts of a source that are sentences for people; a value inside is the word `code` */
export function messagesOf(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node) => {
    const text = textOf(node);
    if (text === undefined) ts.forEachChild(node, visit);
    else if (isSentence(text)) found.push(text);
  };
  visit(parse(source));
  return found;
}

function parse(source: string): ts.SourceFile {
  return ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
}

function forEachToken(node: ts.Node, file: ts.SourceFile, visit: (token: ts.Node) => void): void {
  const children = node.getChildren(file).filter(({ kind }) => !isJsDoc(kind));
  if (children.length === 0) visit(node);
  for (const child of children) forEachToken(child, file, visit);
}

function isJsDoc(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstJSDocNode && kind <= ts.SyntaxKind.LastJSDocNode;
}

/** Lines of `//` below each other are one comment. */
function joinLines(comments: readonly string[]): string[] {
  const texts: string[] = [];
  let isLine = false;
  for (const comment of comments) {
    const text = wordsOf(comment);
    if (isLine && comment.startsWith('//') && !/[.!?:]$/.test(texts.at(-1) ?? '')) texts.push(`${texts.pop()} ${text}`);
    else texts.push(text);
    isLine = comment.startsWith('//');
  }
  return texts;
}

function wordsOf(comment: string): string {
  return comment
    .replaceAll(/^\/\*\*?|\*\/$|^\/\/ ?/g, '')
    .replaceAll(/^ *\* ?/gm, '')
    .replaceAll(/@(param|throws|see|returns) ?(\{[^}]*\})?/g, '\n\n')
    .trim();
}

/** @returns the text of a literal, or of literals that are added; nothing for any other node */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `code${literal.text}`).join('');
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return undefined;
  const [left, right] = [textOf(node.left), textOf(node.right)];
  return left === undefined || right === undefined ? undefined : left + right;
}

function isSentence(text: string): boolean {
  return /^(code|[A-Z])[^\n]* [^\n]*[.!?:]$/.test(text);
}
