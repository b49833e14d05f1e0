import { AppkeysError } from '../../lib/client/client.ts';
import { element, requireElement } from './element.ts';

/** Says what was done; what went wrong before is over. */
export function say(text: string): void {
  requireElement('alert').replaceChildren();
  requireElement('status').replaceChildren(text);
}

export function complain(error: unknown): void {
  requireElement('status').replaceChildren();
  requireElement('alert').replaceChildren(...describeError(error));
}

export function sayNothing(): void {
  requireElement('status').replaceChildren();
  requireElement('alert').replaceChildren();
}

/** What an error means and what to do about it, as the service says it. */
export function describeError(error: unknown): HTMLElement[] {
  if (!(error instanceof AppkeysError)) throw error;
  const { cause, action, code, correlationId, details = [] } = error;
  return [
    element('p', { class: 'cause' }, cause),
    ...details.map(({ source, message }) => element('p', {}, `${source.replace(/^\$\./, '')}: ${message}`)),
    element('p', {}, action),
    element('p', { class: 'reference' }, `${code} · correlation id ${correlationId}`),
  ];
}
