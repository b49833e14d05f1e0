import { AppkeysError } from '../../package/client/client.ts';
import { button, element, focusAgain } from './element.ts';
import { warnOfLeaving } from './leaving.ts';
import { complain, describeError, isOutdated, sayNothing, whileHere, wordsOf } from './notices.ts';

export interface Question {
  readonly title: string;
  readonly content: readonly (Node | string)[];
  /** what the button says that does it */
  readonly action: string;
  readonly isDangerous?: boolean;
  /** does it, and returns what comes when the dialog is closed; what it is rejected with is shown, and the dialog stays */
  readonly run: () => Promise<() => void>;
  /** shows what is there now; called when it has changed, or turns out to have changed elsewhere */
  readonly refresh: () => Promise<void>;
}

/** Asks in a dialog, and does what was asked for. */
export function ask({ title, content, action, isDangerous = false, run, refresh }: Question): void {
  const problem = element('div', { class: 'problem', role: 'alert' });
  const submit = element('button', { type: 'submit', class: isDangerous ? 'danger' : 'primary' }, action);
  const cancel = button('Cancel', () => dialog.close(), { autofocus: isDangerous });
  const form = element(
    'form',
    {},
    element('h2', { id: 'dialog-title' }, title),
    ...content,
    problem,
    element('div', { class: 'actions' }, cancel, submit),
  );
  const dialog = openDialog(form);
  const isHere = whileHere();
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    submit.disabled = true;
    problem.replaceChildren();
    clearFaults(form);
    const letLeave = warnOfLeaving();
    try {
      const next = await run();
      dialog.close();
      next();
      refresh().catch(complain);
    } catch (error) {
      if (isOutdated(error)) refresh().catch(complain);
      if (!dialog.open) return isHere() ? complain(error) : undefined;
      const isMarked = showFaults(form, error);
      problem.replaceChildren(...describeError(error, false, isMarked));
      problem.scrollIntoView({ block: 'nearest' });
    } finally {
      letLeave();
      submit.disabled = false;
    }
  });
}

/** Says at each field what is wrong with it, and leads to the first. @returns whether that tells all */
function showFaults(form: HTMLFormElement, error: unknown): boolean {
  const { details = [] } = error instanceof AppkeysError ? error : {};
  for (const { source, message } of details) {
    const [, name = ''] = /^\$\.(\w+)/.exec(source) ?? [];
    const field = form.elements.namedItem(name);
    if (!(field instanceof HTMLElement)) continue;
    field.setAttribute('aria-invalid', 'true');
    field.closest('details')?.setAttribute('open', '');
    field.closest('.field')?.append(element('p', { class: 'fault' }, wordsOf(source, message)));
  }
  form.querySelector<HTMLElement>('[aria-invalid]')?.focus();
  return details.length > 0 && form.querySelectorAll('.fault').length === details.length;
}

function clearFaults(form: HTMLFormElement): void {
  for (const fault of form.querySelectorAll('.fault')) fault.remove();
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
}

let openerId = '';

/** Gives the focus to something else than what opened the dialog, when the last dialog is closed. */
export function returnTo(id: string): void {
  openerId = id;
}

/** Closes what was asked about an application that is not shown any more. */
export function closeDialogs(): void {
  for (const dialog of document.querySelectorAll<HTMLDialogElement>('dialog:not(.kept)')) dialog.close();
}

/**
 * Opens a dialog, which is gone when it is closed. After the last one the focus is where it was before the first.
 * @param isKept whether it stays when another application is shown
 */
export function openDialog(content: HTMLElement, isKept = false): HTMLDialogElement {
  const isOpen = () => document.querySelector('dialog') !== null;
  if (!isOpen()) openerId = document.activeElement?.id ?? '';
  const dialog = element('dialog', { 'aria-labelledby': 'dialog-title', class: isKept && 'kept' }, content);
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (!isOpen()) focusAgain(openerId);
  });
  document.body.append(dialog);
  sayNothing();
  dialog.showModal();
  return dialog;
}

let fieldCount = 0;

/** A label above its field, and below it what there is to know. */
export function labelled(text: string, field: HTMLElement, hint?: string): HTMLElement {
  fieldCount += 1;
  const id = `field-${fieldCount}`;
  const note = hint === undefined ? undefined : element('small', { id: `${id}-hint` }, hint);
  field.id = id;
  if (note) field.setAttribute('aria-describedby', note.id);
  return element('div', { class: 'field' }, element('label', { for: id }, text), field, note);
}
