const loopback = /^(127\.0\.0\.1|localhost|\[::1\])$/;

/**
 * Takes the token that a local service has put into the page's address, and removes it from there. A page that came from
 * another machine takes none: a link must not decide who somebody is.
 */
export function takeDemoToken(): string | undefined {
  const { hostname, hash, pathname } = location;
  const token = new URLSearchParams(hash.slice(1)).get('token');
  if (token === null) return undefined;
  history.replaceState(null, '', pathname);
  return loopback.test(hostname) ? token : undefined;
}
