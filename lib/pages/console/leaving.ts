/** Lets the browser ask whoever leaves the page whether they want to. @returns what ends that */
export function warnOfLeaving(): () => void {
  const warn = (event: Event) => event.preventDefault();
  window.addEventListener('beforeunload', warn);
  return () => window.removeEventListener('beforeunload', warn);
}
