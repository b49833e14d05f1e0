import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

const path = '/callback';
const sameSignIn = 'Open the address that your terminal shows, and sign in there.';

/** The URI that the identity provider redirects the browser to. */
export function redirectUri(port: number): string {
  return `http://localhost:${port}${path}`;
}

/** A sign-in that waits for the browser to come back. */
export interface Redirect<T> {
  readonly port: number;
  /** the `state` of the authorization request */
  readonly state: string;
  readonly patienceMs: number;
  /** called when the port is open */
  readonly begin: () => void;
  /** ends the sign-in; the browser shows whether this succeeded */
  readonly finish: (answer: URLSearchParams) => Promise<T>;
}

/**
 * Waits on this machine until the browser comes back from the identity provider.
 * @throws Error when the port is in use, or the browser does not come back in time; also the errors of `finish`
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-7.3
 */
export async function receiveRedirect<T>({ port, state, patienceMs, begin, finish }: Redirect<T>): Promise<T> {
  const servers = await listen(port);
  try {
    const answering = takeAnswer(servers, state, patienceMs);
    begin();
    const { answer, reply } = await answering;
    const outcome = finish(answer);
    await showOutcome(reply, outcome);
    return await outcome;
  } finally {
    for (const server of servers) server.close().closeAllConnections();
  }
}

interface Answer {
  readonly answer: URLSearchParams;
  readonly reply: ServerResponse;
}

/**
 * Only the first response with the right `state` counts. Other pages in the browser can send any request, which must
 * not end the sign-in.
 */
function takeAnswer(servers: readonly Server[], state: string, patienceMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let isTaken = false;
    const timer = setTimeout(
      () => reject(new Error('You did not sign in within 5 minutes. Run the command again.')),
      patienceMs,
    );
    const take = (request: IncomingMessage, reply: ServerResponse) => {
      const answer = answerIn(request);
      if (!answer || isTaken) return void send(reply, 404, 'This page does not exist');
      if (answer.get('state') !== state)
        return void send(reply, 400, 'This page belongs to another sign-in', sameSignIn);
      isTaken = true;
      clearTimeout(timer);
      resolve({ answer, reply });
    };
    for (const server of servers) server.on('request', take);
  });
}

function answerIn({ method, url = '' }: IncomingMessage): URLSearchParams | undefined {
  const [found, query = ''] = /^\/callback(?:\?(.*))?$/.exec(url) ?? [];
  return method === 'GET' && found !== undefined ? new URLSearchParams(query) : undefined;
}

async function showOutcome(reply: ServerResponse, outcome: Promise<unknown>): Promise<void> {
  const isSignedIn = await outcome.then(
    () => true,
    () => false,
  );
  if (isSignedIn) await send(reply, 200, 'You are signed in', 'You can close this page and go back to your terminal.');
  else await send(reply, 400, 'You are not signed in', 'Your terminal says why.');
}

async function send(reply: ServerResponse, status: number, title: string, words = ''): Promise<void> {
  if (reply.destroyed) return;
  reply.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    connection: 'close',
  });
  await new Promise((resolve) => reply.once('close', resolve).end(page(title, words)));
}

function page(title: string, words: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - appkeys</title>
<style>:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif } body { max-width: 26rem; margin: 15vh auto; padding: 0 1rem }</style>
<h1>${title}</h1>
<p>${words}</p>
</html>
`;
}

/** Browsers use either address for `localhost`. Not every machine has the second address. */
async function listen(port: number): Promise<Server[]> {
  const servers: Server[] = [];
  try {
    for (const host of ['127.0.0.1', '::1']) {
      const server = createServer();
      if (await isListening(server, port, host)) servers.push(server);
    }
    return servers;
  } catch (error) {
    for (const server of servers) server.close();
    throw cannotListen(port, error);
  }
}

async function isListening(server: Server, port: number, host: string): Promise<boolean> {
  try {
    await once(server.listen(port, host), 'listening');
    return true;
  } catch (error) {
    if (host === '::1' && codeOf(error) !== 'EADDRINUSE') return false;
    throw error;
  }
}

function cannotListen(port: number, error: unknown): Error {
  const why = codeOf(error) === 'EADDRINUSE' ? 'is in use' : `cannot be used (${codeOf(error)})`;
  return new Error(
    `Port ${port} ${why}. Free it, or choose another port with --port N. The identity provider must allow http://localhost:N${path}.`,
    { cause: error },
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
