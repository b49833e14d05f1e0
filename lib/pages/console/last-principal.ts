const storageKey = 'appkeys principal';

/** Remembers who this tab shows. @returns who it showed before, if that was another principal */
export function previousPrincipal(principal: string): string | undefined {
  const previous = sessionStorage.getItem(storageKey) ?? principal;
  sessionStorage.setItem(storageKey, principal);
  return previous === principal ? undefined : previous;
}

export function forgetPrincipal(): void {
  sessionStorage.removeItem(storageKey);
}
