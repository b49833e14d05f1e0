import { button } from './element.ts';
import { say } from './notices.ts';

/** @returns whether the text is in the clipboard */
export async function copyToClipboard(text: string): Promise<boolean> {
  return (
    navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    ) ?? false
  );
}

/** @param what the text is, such as `the HRN` */
export function copyButton(what: string, text: string, attributes = {}): HTMLButtonElement {
  const copy = async () => {
    const isCopied = await copyToClipboard(text);
    say(isCopied ? `Copied ${what}.` : `The browser did not allow it. Copy ${what} yourself: ${text}`);
  };
  return button('Copy', copy, { class: 'copy', 'aria-label': `Copy ${what}`, ...attributes });
}
