import { button, element } from './element.ts';
import { say } from './notices.ts';

let count = 0;

/**
 * A button for something that may not be possible now. It keeps its place and the focus then, and tells why.
 * @param why undefined if it is possible
 */
export function offer(text: string, run: () => unknown, why: string | undefined, attributes = {}): HTMLElement {
  if (why === undefined) return button(text, run, attributes);
  count += 1;
  const id = `why-${count}`;
  return element(
    'span',
    { class: 'offer' },
    button(text, () => say(why), { ...attributes, 'aria-disabled': 'true', 'aria-describedby': id }),
    element('small', { id, role: 'tooltip', class: 'why' }, why),
  );
}
