import { demoUsers } from './demo-users.ts';

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 26rem; margin: 15vh auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
button { font: inherit; padding: .6rem .9rem; margin: 0 0 .6rem; cursor: pointer; }
form button[name=user] { display: block; width: 100%; text-align: start; }
input { font: inherit; padding: .5rem; text-transform: uppercase; }
code { font-size: 1.3rem; }`;

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
<h1>${title}</h1>
${body}
</body>
</html>
`;
}

/** The page on which somebody chooses who to be. */
export function signInPage(): string {
  const choices = Object.entries(demoUsers).map(
    ([name, { words }]) => `<button name="user" value="${name}"><strong>${name}</strong><br>${words}</button>`,
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
