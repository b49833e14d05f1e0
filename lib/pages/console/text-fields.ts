import { labelled } from './dialog.ts';
import { element } from './element.ts';

/** A field of a body, by whose name a refusal finds it. */
export interface BodyField<Value> {
  readonly content: HTMLElement;
  readonly value: () => Value;
}

export function textField(
  name: string,
  label: string,
  value = '',
  hint?: string,
  isRequired = false,
): BodyField<string> {
  const field = element('input', { type: 'text', name, required: isRequired, autocomplete: 'off', dir: 'auto', value });
  return { content: labelled(label, field, hint), value: () => field.value };
}

/** One element a line. */
export function listField(name: string, label: string, value: readonly string[], hint: string): BodyField<string[]> {
  const field = element('textarea', { name, rows: '3', autocomplete: 'off', spellcheck: 'false' });
  field.value = value.join('\n');
  const lines = () => field.value.split(/[\s,]+/).filter((line) => line !== '');
  return { content: labelled(label, field, hint), value: lines };
}
