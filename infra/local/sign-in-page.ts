import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoUsers } from './demo-users.ts';
import { projectFolder } from './folders.ts';

/** The look of the service's own pages. */
const style = `${readFileSync(join(projectFolder, 'lib/pages/shared/theme.css'), 'utf8')}
body { padding: 0 16px; }
main { max-width: 440px; margin: 12vh auto; padding: 32px; border: 1px solid var(--line); border-radius: 14px; background: var(--surface); }
h1 { margin: 0; font-size: 26px; line-height: 1.25; letter-spacing: -0.015em; }
p { color: var(--quiet); }
a { color: var(--accent); }
button, input { min-height: 38px; margin: 0 0 8px; padding: 0 14px; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); color: var(--ink); font: inherit; font-size: 15px; }
button { cursor: pointer; }
button:hover { border-color: var(--quiet); }
button[name=user] { display: block; width: 100%; padding: 9px 14px; text-align: start; line-height: 1.4; }
button small { color: var(--quiet); }
button[autofocus], button.primary { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
input { width: 100%; text-transform: uppercase; }
::placeholder { color: var(--quiet); opacity: 1; }
code { font: 650 22px var(--mono); color: var(--ink); }`;

/** @param body trusted HTML */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
}

/** The page on which you choose a demo user. */
export function signInPage(): string {
  const choices = Object.entries(demoUsers).map(
    ([name, { words }]) =>
      `<button name="user" value="${name}"><strong>${name}</strong><br><small>${words}</small></button>`,
  );
  const cancel = '<button name="cancel" value="yes">Cancel</button>';
  return page(
    'Sign in to appkeys',
    `<p>This is the local identity provider. Choose a demo user; there is no password.</p>
<form method="post">${choices.join('\n')}${cancel}</form>`,
  );
}

/** @param message plain text */
export function errorPage(message: string, consoleUrl: string): string {
  const text = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return page('You are not signed in', `<p>${text}</p><p><a href="${consoleUrl}">Go back to the console</a></p>`);
}
