import { AppkeysError } from '../../package/client/client.ts';
import { readSignInConfig, SignInError, signIn } from '../shared/sign-in.ts';
import { button, element, requireElement } from './element.ts';
import { afterWait } from './times.ts';

const shownMs = 8000;
let fading: number | undefined;

/** Says for a while what was done; what went wrong before is over. */
export function say(text: string): void {
  sayNothing();
  requireElement('status').replaceChildren(text);
  fading = setTimeout(sayNothing, shownMs);
}

export function complain(error: unknown): void {
  sayNothing();
  const isAsked = document.querySelector('.sign-in') !== null;
  const close = button('Close', sayNothing, { class: 'close', 'aria-label': 'Close the message' });
  requireElement('alert').replaceChildren(...describeError(error, isAsked), close);
}

/** @returns whether the application that is shown now is still shown then: what is said of one is not said over another */
export function whileHere(): () => boolean {
  const { hash } = location;
  return () => location.hash === hash;
}

export function sayNothing(): void {
  clearTimeout(fading);
  requireElement('status').replaceChildren();
  requireElement('alert').replaceChildren();
}

/** @returns whether a refusal tells that what is shown is no longer there, or no longer so */
export function isOutdated(error: unknown): boolean {
  return error instanceof AppkeysError && [403, 404, 409].includes(error.status ?? 0);
}

/**
 * What an error means and what to do about it, as the service says it.
 * @param isAsked whether there is a way to sign in beside it
 * @param isMarked whether each field that is wrong says so itself
 */
export function describeError(error: unknown, isAsked = false, isMarked = false): HTMLElement[] {
  const signInAgain = isAsked ? [] : signInButton();
  if (error instanceof SignInError) return [element('p', { class: 'cause' }, error.message), ...signInAgain];
  if (!(error instanceof AppkeysError)) throw error;
  const { code, status, correlationId, details = [], retryAfterSeconds } = error;
  const { cause, action } = code === 'UNREACHABLE' ? unreachable(error) : error;
  const reference = element('p', { class: 'reference' }, `${code} · correlation id ${correlationId}`);
  if (isMarked) return [element('p', { class: 'cause' }, 'Correct the fields that are marked.'), reference];
  return [
    element('p', { class: 'cause' }, cause),
    ...details.map(({ source, message }) => element('p', {}, wordsOf(source, message))),
    element('p', {}, action),
    ...(retryAfterSeconds === undefined
      ? []
      : [element('p', {}, `You can try again ${afterWait(retryAfterSeconds)}.`)]),
    reference,
    ...(status === 401 ? signInAgain : []),
  ];
}

/** The client's own words about a missing response are for programs, except whether the request may have been executed. */
function unreachable({ cause, idempotencyKey }: AppkeysError): { cause: string; action: string } {
  const uncertainty = / The request may have been executed\.$/.exec(cause)?.[0] ?? '';
  const again = idempotencyKey ? ' Nothing is created twice.' : '';
  return {
    cause: `The service did not respond.${uncertainty}`,
    action: `Check the connection of this device, then try again.${again}`,
  };
}

const labels: Readonly<Record<string, string>> = {
  expiresAt: 'The expiry',
  allowedSources: 'Sources',
  referrers: 'Web pages',
};

/** @returns what is wrong with a field, in words: which element of a list, and no milliseconds */
export function wordsOf(source: string, message: string): string {
  const [, name = '', index] = /^\$\.(\w+)(?:\[(\d+)\])?/.exec(source) ?? [];
  const label = labels[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
  const where = index === undefined ? label : `${label}, line ${Number(index) + 1}`;
  return `${where} ${message.replace(/^must be: /, 'must be ').replace(/, (?:in milliseconds|or -1).*|\.$/, '')}.`;
}

/** What was typed stays until the user leaves for the identity provider. */
function signInButton(): HTMLElement[] {
  const config = readSignInConfig();
  return config ? [button('Sign in', () => signIn(config).catch(complain))] : [];
}
