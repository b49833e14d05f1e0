/** @returns whose token it is, as it says itself, to be shown; nothing is decided by it */
export function principalOf(token: string): string {
  try {
    const bytes = Uint8Array.from(atob(claimsPart(token)), (character) => character.charCodeAt(0));
    const { sub } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof sub === 'string' ? sub : '';
  } catch {
    return '';
  }
}

function claimsPart(token: string): string {
  return (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
}
