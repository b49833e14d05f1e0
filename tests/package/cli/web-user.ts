/** Somebody who signs in at the local identity provider, with a browser that keeps cookies and sends forms. */
export interface WebUser {
  /** @returns the text of the page at which the sign-in ends */
  signIn(address: string): Promise<string>;
}

interface Page {
  readonly url: string;
  readonly text: string;
}

/** @param user a demo user; any other name cancels */
export function createWebUser(user: string): WebUser {
  const cookies = new Map<string, string>();
  const visit = async (url: string, form?: URLSearchParams): Promise<Page> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const method = form && { method: 'POST', body: form };
    const response = await fetch(url, { ...method, redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    return location ? visit(new URL(location, url).href) : { url, text: await response.text() };
  };
  return { signIn: async (address) => submit(await visit(address), user, visit) };
}

/** Sends the form of each page, until one has none, or one in which something has to be typed. */
async function submit(page: Page, user: string, visit: (url: string, form: URLSearchParams) => Promise<Page>) {
  let { url, text } = page;
  for (;;) {
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(text) ?? [];
    const isChoice = new URL(url).pathname.startsWith('/sign-in/');
    const isForPeople = text.includes('type="text"');
    if (!isChoice && (action === undefined || isForPeople)) return text;
    const hidden = [...text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
    const fields = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]));
    const form = new URLSearchParams(isChoice ? { user } : fields);
    ({ url, text } = await visit(isChoice ? url : new URL(action ?? '', url).href, form));
  }
}
