import type { NewApiKey } from '../../package/client/client.ts';
import { openDialog } from './dialog.ts';
import { button, element } from './element.ts';
import { warnOfLeaving } from './leaving.ts';

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
      note,
      element('div', { class: 'actions' }, close, copy),
    ),
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
  return (
    navigator.clipboard?.writeText(shown.textContent).then(
      () => true,
      () => false,
    ) ?? false
  );
}
