import type { NewApiKey } from '../../package/client/client.ts';
import { copyToClipboard } from './copying.ts';
import { labelled, openDialog } from './dialog.ts';
import { button, element } from './element.ts';
import { warnOfLeaving } from './leaving.ts';
import { type Language, masked, snippets } from './snippets.ts';

/**
 * Shows a new key, this once: whoever leaves before it is copied is warned.
 * @param more what there is to know besides
 */
export function showSecret({ apiKeyId, name }: NewApiKey, more = ''): void {
  let isCopied = false;
  let isWarned = false;
  const letLeave = warnOfLeaving();
  const key = element('output', { class: 'secret', tabindex: '0' }, apiKeyId.reveal());
  const note = element('p', { class: 'note', role: 'status' });
  const copy = button('Copy key', () => copyKey(), { class: 'primary', autofocus: true });
  const close = button('Close', () => leave());
  const copyKey = async () => {
    isCopied = await copyText(key);
    if (isCopied) letLeave();
    note.replaceChildren(isCopied ? 'Copied.' : 'The browser did not allow it. The key is selected: copy it yourself.');
  };
  const leave = () => {
    if (isCopied || isWarned) return dialog.close();
    isWarned = true;
    note.replaceChildren('You have not copied this key, and it is never shown again.');
    close.replaceChildren('Close anyway');
  };
  const dialog = openDialog(
    element(
      'div',
      {},
      element('h2', { id: 'dialog-title' }, `Here is the key “${name}”`),
      element(
        'p',
        {},
        `Put it where your application finds it. Only its fingerprint is stored: it is never shown again.${more}`,
      ),
      key,
      exampleOf(apiKeyId.reveal()),
      note,
      element('div', { class: 'actions' }, close, copy),
    ),
    true,
  );
  const closed = new AbortController();
  // A browser lets no page hold back a second Escape once it is a cancel event; a held key sends many.
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    if (!event.repeat) leave();
  };
  document.addEventListener('keydown', onKey, { signal: closed.signal });
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    leave();
  });
  dialog.addEventListener('close', () => {
    closed.abort();
    letLeave();
  });
}

/** @returns whether it is in the clipboard; if not, it is selected */
async function copyText(shown: HTMLElement): Promise<boolean> {
  getSelection()?.selectAllChildren(shown);
  return copyToClipboard(shown.textContent);
}

/** A call with the key, in the language of choice. What is copied has the key; what is seen has it when asked for. */
function exampleOf(key: string): HTMLElement {
  const select = element(
    'select',
    {},
    ...Object.keys(snippets).map((language) => element('option', { value: language }, language)),
  );
  const isShown = element('input', { type: 'checkbox' });
  const code = element('pre', { class: 'snippet', tabindex: '0', 'aria-label': 'Example' });
  const note = element('span', { role: 'status' });
  const text = (inside: string) => snippets[select.value as Language](inside);
  const show = () => {
    code.replaceChildren(text(isShown.checked ? key : masked(key)));
    note.replaceChildren();
  };
  const copy = button('Copy example', async () => {
    const isCopied = await copyToClipboard(text(key));
    note.replaceChildren(isCopied ? 'Copied with the key.' : 'The browser did not allow it.');
  });
  for (const field of [select, isShown]) field.addEventListener('change', show);
  show();
  return element(
    'details',
    { class: 'example' },
    element('summary', {}, 'Example of a call'),
    labelled('Language', select),
    code,
    element('div', { class: 'row' }, element('label', { class: 'check' }, isShown, 'Show the key'), copy, note),
  );
}
