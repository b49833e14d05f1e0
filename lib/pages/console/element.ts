type Child = Node | string | undefined;
type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/** Makes an element. Text only ever becomes text; an attribute that is `true` is there, one that is `false` is not. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

export function button(text: string, onClick: () => unknown, attributes: Attributes = {}): HTMLButtonElement {
  const made = element('button', { type: 'button', ...attributes }, text);
  made.addEventListener('click', () => onClick());
  return made;
}

/** @throws Error when the page has no element of this id */
export function requireElement(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no ${id}.`);
  return found;
}

/** Gives the focus to whatever has this id now; if that is gone, to the heading of what is shown: the application, or the list. */
export function focusAgain(id: string): void {
  const heading = [...document.querySelectorAll('h1')].findLast((each) => each.checkVisibility());
  (document.getElementById(id) ?? heading)?.focus();
}
