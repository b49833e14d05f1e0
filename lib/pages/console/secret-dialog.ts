import type { NewApiKey } from '../../client/client.ts';
import { openDialog } from './dialog.ts';
import { button, element } from './element.ts';

/** Shows a new key, this once: whoever leaves before it is copied is warned. */
export function showSecret({ apiKeyId, name }: NewApiKey): void {
  let isSafe = false;
  const key = element('output', { class: 'secret', tabindex: '0' }, apiKeyId.reveal());
  const note = element('p', { class: 'note', role: 'status' });
  const copy = button('Copy key', () => copyKey(), { class: 'primary', autofocus: true });
  const close = button('Close', () => leave());
  const copyKey = async () => {
    isSafe = await copyText(key);
    note.replaceChildren(isSafe ? 'Copied.' : 'The browser did not allow it. The key is selected: copy it yourself.');
  };
  const leave = () => {
    if (isSafe) return dialog.close();
    isSafe = true;
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
        'Put it where your application finds it. Only its fingerprint is stored: it is never shown again.',
      ),
      key,
      note,
      element('div', { class: 'actions' }, close, copy),
    ),
  );
  const warn = (event: Event) => {
    if (!isSafe) event.preventDefault();
  };
  window.addEventListener('beforeunload', warn);
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    leave();
  });
  dialog.addEventListener('close', () => window.removeEventListener('beforeunload', warn));
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
