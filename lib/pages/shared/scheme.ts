const storageKey = 'appkeys scheme';
const schemes = ['auto', 'light', 'dark'] as const;
type Scheme = (typeof schemes)[number];
const words: Record<Scheme, string> = { auto: 'Colors: as the system', light: 'Colors: light', dark: 'Colors: dark' };

/** @returns a button that goes from one color scheme to the next. @param follow is told whether the page is dark */
export function schemeSwitch(follow: (isDark: boolean) => void = () => {}): HTMLButtonElement {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const made = document.createElement('button');
  made.type = 'button';
  made.className = 'scheme';
  let scheme = schemes.find((known) => known === kept()) ?? 'auto';
  const show = () => {
    document.documentElement.dataset.scheme = scheme;
    made.title = words[scheme];
    made.setAttribute('aria-label', words[scheme]);
    made.textContent = { auto: '◐', light: '☀', dark: '☾' }[scheme];
    follow(scheme === 'auto' ? system.matches : scheme === 'dark');
  };
  made.addEventListener('click', () => {
    scheme = schemes[(schemes.indexOf(scheme) + 1) % schemes.length] ?? 'auto';
    keep(scheme);
    show();
  });
  system.addEventListener('change', show);
  show();
  return made;
}

/** A browser may keep nothing for a page. */
function kept(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

function keep(scheme: Scheme): void {
  try {
    localStorage.setItem(storageKey, scheme);
  } catch {
    // It is chosen again after a reload.
  }
}
